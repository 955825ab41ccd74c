using Waystation.FetchCore.Primaries;
using Waystation.SshFrontend.Channels;

namespace Waystation.SshFrontend.Sessions;

/// <summary>What became of one fetch of a session.</summary>
internal abstract record FetchResponseEnd
{
    private FetchResponseEnd() { }

    /// <summary>The client has its answer.</summary>
    /// <param name="IsPack">It was the pack, and not a round of negotiation.</param>
    public sealed record Served(bool IsPack) : FetchResponseEnd;

    /// <summary>The request is to go to the primary as it came.</summary>
    public sealed record Forward : FetchResponseEnd;

    /// <summary>The primary's own reply must be passed on; the receiver disposes it.</summary>
    public sealed record Relay(PrimaryReply Reply) : FetchResponseEnd;

    /// <summary>The session is over.</summary>
    public sealed record Over(SessionEnd End) : FetchResponseEnd;
}
