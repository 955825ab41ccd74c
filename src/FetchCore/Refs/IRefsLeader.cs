using Waystation.FetchCore.Primaries;

namespace Waystation.FetchCore.Refs;

/// <summary>The asker whose question is sent for all sharers.</summary>
internal interface IRefsLeader
{
    /// <summary>Asks the primary.</summary>
    Task<PrimaryReply> AskAsync(CancellationToken cancellationToken);

    /// <summary>Sees the head of the reply.</summary>
    void See(PrimaryReply reply);

    /// <summary>Sees the next bytes of the body, before any client does.</summary>
    void Read(ReadOnlySpan<byte> bytes);

    /// <summary>The body has come to its end.</summary>
    void End();

    /// <summary>The question failed, or its response ended early.</summary>
    void Fail(Exception failure);
}
