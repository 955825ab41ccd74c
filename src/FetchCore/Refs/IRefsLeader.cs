using Waystation.FetchCore.Primaries;

namespace Waystation.FetchCore.Refs;

/// <summary>The asker whose question is sent for all that share it.</summary>
internal interface IRefsLeader
{
    /// <summary>Asks the primary.</summary>
    Task<PrimaryReply> AskAsync(CancellationToken cancellationToken);

    /// <summary>Sees the head of the reply.</summary>
    void See(PrimaryReply reply);

    /// <summary>Sees the next bytes of its body, before anybody else does.</summary>
    void Read(ReadOnlySpan<byte> bytes);

    /// <summary>The body has come to its end.</summary>
    void End();

    /// <summary>The question failed, or its answer broke off.</summary>
    void Fail(Exception failure);
}
