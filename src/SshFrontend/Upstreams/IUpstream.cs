using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Advertisements;
using Waystation.SshFrontend.Channels;

namespace Waystation.SshFrontend.Upstreams;

/// <summary>The primary's upload-pack, for one session of one user; over SSH or over HTTP.</summary>
internal interface IUpstream : IAsyncDisposable
{
    /// <summary>The credential of the session. It is known once the conversation has begun.</summary>
    Credential Credential { get; }

    /// <summary>v2: the primary's capabilities.</summary>
    CapabilityAdvertisement? Capabilities { get; }

    /// <summary>v0 and v1: the conversation.</summary>
    IV0Upstream? Old { get; }

    /// <summary>Begins the conversation: v2 with <see cref="Capabilities"/>, v0 and v1 with <see cref="Old"/>.</summary>
    /// <returns>Null if it has begun, else the end of the session.</returns>
    /// <exception cref="PrimaryException">The primary cannot be reached.</exception>
    Task<SessionEnd?> OpenAsync(CancellationToken cancellationToken);

    /// <summary>
    /// v2: the primary, for one command of the client; <see cref="IPrimary.FetchAsync"/> and <see cref="IPrimary.AskRefsAsync"/> send
    /// exactly these bytes.
    /// </summary>
    /// <param name="command">The client's command, unchanged.</param>
    IPrimary Asking(ReadOnlyMemory<byte> command);

    /// <summary>The end for a reply that is no Git response.</summary>
    SessionEnd Explain(PrimaryReply reply);
}
