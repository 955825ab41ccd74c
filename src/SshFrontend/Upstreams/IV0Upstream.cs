using System.IO.Pipelines;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Refs;
using Waystation.SshFrontend.Channels;

namespace Waystation.SshFrontend.Upstreams;

/// <summary>A conversation in v0 or v1 at the primary (gitprotocol-pack).</summary>
internal interface IV0Upstream
{
    /// <summary>0 or 1.</summary>
    int Version { get; }

    /// <summary>Records the refs of <see cref="Advertisement"/> as they pass; null if they are recorded already.</summary>
    RefsReading? Reading { get; }

    /// <summary>The refs, from the first byte to their flush-pkt.</summary>
    PipeReader Advertisement { get; }

    /// <summary>The primary for the client's whole request, needs to done; <see cref="IPrimary.FetchAsync"/> sends these bytes.</summary>
    IPrimary Asking(ReadOnlyMemory<byte> request);

    /// <summary>Lets the primary answer everything that the client has sent so far.</summary>
    /// <param name="said">Needs, and haves with their flush-pkt or done, if there are any yet.</param>
    /// <param name="client">Gets the response and, if a channel leads to the primary, everything after it.</param>
    /// <param name="boundaryTold">Whether the client has its new boundary already, so that the primary's boundary is left out.</param>
    /// <param name="cancellationToken">The client's token.</param>
    /// <returns>Null if the conversation goes on here, else its end.</returns>
    Task<SessionEnd?> ForwardAsync(ReadOnlyMemory<byte> said, ClientChannel client, bool boundaryTold, CancellationToken cancellationToken);
}
