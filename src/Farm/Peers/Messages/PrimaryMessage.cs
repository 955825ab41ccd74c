using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.Farm.Peers.Messages;

/// <summary>A question back to the node that received the client's request: it asks the primary, with the client's credential.</summary>
/// <param name="Call">The number of the call.</param>
/// <param name="Question">The question.</param>
/// <param name="Pack">For <see cref="PrimaryQuestion.Sync"/>: when the pack comes.</param>
/// <param name="Framing">For <see cref="PrimaryQuestion.Sync"/>: the form of the request.</param>
internal sealed record PrimaryMessage(string Call, PrimaryQuestion Question, PackWhen Pack = default, ResponseFraming? Framing = null);

/// <summary>A question back.</summary>
internal enum PrimaryQuestion
{
    /// <summary>The client's own fetch request, as it came.</summary>
    Fetch,

    /// <summary>The fetch request that follows, a v2 command.</summary>
    Sync,

    /// <summary>The <c>ls-refs</c> command that follows.</summary>
    LsRefs,

    /// <summary>The advertisement.</summary>
    InfoRefs,

    /// <summary>The client's own question for refs.</summary>
    OwnRefs,

    /// <summary>The view of the credential, as <see cref="ViewBytes"/> writes it. The primary is not asked.</summary>
    View,
}
