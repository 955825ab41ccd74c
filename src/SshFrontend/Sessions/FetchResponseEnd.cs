using Waystation.FetchCore.Primaries;
using Waystation.SshFrontend.Channels;

namespace Waystation.SshFrontend.Sessions;

/// <summary>The result of one fetch of a session.</summary>
internal abstract record FetchResponseEnd
{
    private FetchResponseEnd() { }

    /// <summary>The client has its answer.</summary>
    /// <param name="IsPack">Whether it was the pack, and not a round of negotiation.</param>
    public sealed record Served(bool IsPack) : FetchResponseEnd;

    /// <summary>The request must be forwarded to the primary unchanged.</summary>
    public sealed record Forward : FetchResponseEnd;

    /// <summary>The primary's own reply must be passed on; the receiver disposes it.</summary>
    public sealed record Relay(PrimaryReply Reply) : FetchResponseEnd;

    /// <summary>The session is over.</summary>
    public sealed record Over(SessionEnd End) : FetchResponseEnd;
}
