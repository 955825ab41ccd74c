using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Pushes;
using Waystation.GitProtocol;
using Waystation.Primaries;
using Waystation.Primaries.Http;
using Waystation.Primaries.Ssh;
using Waystation.SshFrontend.Channels;
using Waystation.SshFrontend.Identities;
using Waystation.SshFrontend.Pushes;
using Waystation.SshFrontend.Relays;
using Waystation.SshFrontend.Upstreams;

namespace Waystation.SshFrontend.Sessions;

/// <summary>Git's services other than upload-pack: only the primary can answer them. A push is watched for the mirror.</summary>
internal sealed class ForwardedServices(
    SessionPrimaries primaries,
    LfsAuthenticate lfs,
    PushIngest pushes,
    RequestMemory memory,
    ILogger logger
)
{
    private readonly Primary _primary = primaries.Primary;

    public async Task<SessionEnd> RunAsync(
        SessionIdentity identity,
        GitCommandLine line,
        RelaySession session,
        ClientChannel client,
        CancellationToken cancellationToken
    )
    {
        SessionEnd end = identity switch
        {
            SessionIdentity.OverSsh ssh when line.Service == GitCommandLine.LfsAuthenticate => await lfs.RunAsync(
                ssh,
                line,
                session,
                client,
                cancellationToken
            ),
            SessionIdentity.OverSsh ssh => await ForwardedService.RunAsync(
                primaries.Client,
                ssh,
                line,
                session,
                WatchOf(ssh, line),
                cancellationToken
            ),
            SessionIdentity.OverHttp http => await RunOverHttpAsync(http, line, session, client, cancellationToken),
            _ => throw new UnreachableException(),
        };
        logger.ServiceForwarded(line.Service, line.Path, session.Client, end.ExitCode);
        return end;
    }

    private async Task<SessionEnd> RunOverHttpAsync(
        SessionIdentity.OverHttp identity,
        GitCommandLine line,
        RelaySession session,
        ClientChannel client,
        CancellationToken cancellationToken
    )
    {
        if (primaries.Repository(identity, line.Path) is not { } http)
        {
            return SessionEnd.NoSuchPath;
        }

        switch (line.Service)
        {
            case GitCommandLine.ReceivePack:
                await using (PushWatch? push = WatchOf(http, line))
                {
                    return await new HttpPush(http, client, push, memory).RunAsync(cancellationToken);
                }

            case GitCommandLine.LfsAuthenticate:
                return await lfs.TellUrlAsync(http, session, client, cancellationToken);
            default:
                return SessionEnd.Refusing($"{line.Service} is not offered here: this node reaches the primary by HTTP only");
        }
    }

    /// <summary>Watches a push over HTTP; null for a project that is not selected.</summary>
    private PushWatch? WatchOf(HttpRepository http, GitCommandLine line) =>
        _primary.SelectsOverSsh(line.Path)
            ? pushes.Watch(
                _primary.NameOverSsh(line.Path),
                isGzip: false,
                () => (http.Credential, http.Asking(ProtocolVersion.Two, body: default))
            )
            : null;

    /// <summary>Watches a push over SSH; null for every other service and for a project that is not selected.</summary>
    private Func<SshChannel, PushWatch?>? WatchOf(SessionIdentity.OverSsh identity, GitCommandLine line) =>
        line.Service == GitCommandLine.ReceivePack && _primary.SelectsOverSsh(line.Path)
            ? channel => pushes.Watch(_primary.NameOverSsh(line.Path), isGzip: false, () => primaries.Pusher(identity, line.Path, channel))
            : null;
}
