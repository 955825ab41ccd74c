using Waystation.CacheStore;
using Waystation.FetchCore.Access.Recording;

namespace Waystation.FetchCore.Access.Tickets;

/// <summary>
/// Shares permission between the nodes of a farm. A node that is alone has no exchange.
/// <code>
///   answer of the primary ──► AccessTickets ──► Share                     behind the client's answer
///   no ticket that is enough ─► AccessTickets ──► RecallAsync ──► the primary, if nothing came
///   refusal ───────────────► AccessTickets ──► Tell ──► AccessTickets.End of every other node
/// </code>
/// </summary>
public interface ITicketExchange
{
    /// <summary>
    /// Whether this node hears of the refusals at other nodes. While it does not, no ticket counts, and each request asks the primary.
    /// </summary>
    bool IsHearing { get; }

    /// <summary>Gives an answer of the primary to the other nodes.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="credential">The credential that asked.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="counts">Whether nothing has ended the answer until now. It is asked last before the answer leaves this node.</param>
    void Share(RepositoryName repository, Credential credential, ExchangedAnswer answer, Func<bool> counts);

    /// <summary>
    /// The answers that other nodes got and that no known refusal has ended. It never throws but for the caller's own end, and waits for a
    /// bounded moment.
    /// </summary>
    ValueTask<IReadOnlyList<ExchangedAnswer>> RecallAsync(
        RepositoryName repository,
        Credential credential,
        AnswerKinds kinds,
        CancellationToken cancellationToken
    );

    /// <summary>The primary refused a credential at this node. Returns at once; from then on no earlier answer is recalled.</summary>
    void Tell(RepositoryName repository, Credential credential, RefusalKind kind);

    /// <summary>The primary acknowledged a push through this node.</summary>
    void TellPush(RepositoryName repository, Credential credential, IReadOnlyList<PushedRef> refs);
}
