using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.FetchCore.Pushes;
using Waystation.FetchCore.Refs;
using Waystation.GitProtocol;
using Waystation.Primaries;
using Waystation.Primaries.Http;
using Waystation.Primaries.Ssh;
using Waystation.Primaries.Ssh.Keys;
using Waystation.Primaries.Ssh.UploadPack;
using Waystation.SshFrontend.Channels;
using Waystation.SshFrontend.Identities;
using Waystation.SshFrontend.KeyAuthorities;
using Waystation.SshFrontend.Pushes;
using Waystation.SshFrontend.Relays;
using Waystation.SshFrontend.Upstreams;

namespace Waystation.SshFrontend.Sessions;

/// <summary>
/// The door for SSH clients. sshd has checked their keys; here it is decided what a key stands for, and each command is taken
/// to where it belongs:
/// <code>
///   git-upload-pack      the fetch core, with the primary asked in the user's name
///   other git services   the primary
///   anything else        a line and exit code 1
/// </code>
/// </summary>
public sealed class SshSessionHandler : IRelaySessions
{
    /// <summary>As forges have it for what is not Git.</summary>
    private const int Refused = 1;

    /// <summary>The end for a path that climbs, where the node reaches the primary over HTTP: HTTP has no such path.</summary>
    private static readonly SessionEnd s_noSuchPath = new(Refused, "waystation: the primary has no such path over HTTP\n");

    private readonly SshSessionOptions _options;
    private readonly SshClient _client;
    private readonly RefsService _refs;
    private readonly PushIngest _pushes;
    private readonly AccessTickets _tickets;
    private readonly CredentialDigester _digester;
    private readonly Primary _primary;
    private readonly HttpRepositories _http;
    private readonly FetchMeters _meters;
    private readonly ILogger<SshSessionHandler> _logger;
    private readonly KeyResolver _keys;
    private readonly SshFetchResponder _responder;
    private readonly LfsAuthenticate _lfs;

    /// <param name="options">What the operator decided.</param>
    /// <param name="client">Starts the ssh program.</param>
    /// <param name="responder">The fetch core.</param>
    /// <param name="refs">The core of refs.</param>
    /// <param name="pushes">Takes pushes into mirrors.</param>
    /// <param name="tickets">The tickets of the core.</param>
    /// <param name="digester">Makes credentials.</param>
    /// <param name="primary">The primary.</param>
    /// <param name="http">Opens repositories of the primary over HTTP.</param>
    /// <param name="authority">What keys stand for; null for no key authority.</param>
    /// <param name="meters">What is counted.</param>
    /// <param name="logger">The log.</param>
    public SshSessionHandler(
        SshSessionOptions options,
        SshClient client,
        FetchResponder responder,
        RefsService refs,
        PushIngest pushes,
        AccessTickets tickets,
        CredentialDigester digester,
        Primary primary,
        HttpRepositories http,
        CachedKeyAuthority? authority,
        FetchMeters meters,
        ILogger<SshSessionHandler> logger
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(responder);
        ArgumentNullException.ThrowIfNull(meters);
        _options = options;
        _client = client;
        _refs = refs;
        _pushes = pushes;
        _tickets = tickets;
        _digester = digester;
        _primary = primary;
        _http = http;
        _meters = meters;
        _logger = logger;
        _keys = new KeyResolver(options, authority, logger);
        _responder = new SshFetchResponder(responder);
        _lfs = new LfsAuthenticate(options, client, primary, digester, tickets, meters);
    }

    /// <inheritdoc />
    public Task<string> FindLineAsync(string key, CancellationToken cancellationToken) => _keys.FindLineAsync(key, cancellationToken);

    /// <inheritdoc />
    public async Task<int> ServeAsync(RelaySession session, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        _meters.Opened();
        await using var client = new ClientChannel(session);
        try
        {
            return await client.EndAsync(await RunAsync(session, client, cancellationToken), cancellationToken);
        }
        catch (Exception e) when (e is KeyAuthorityException or PrimaryException)
        {
            _logger.SessionEndedBadly(session.Command, session.Client, e.Message);
            SessionEnd end =
                e is PrimaryException
                    ? SessionEnd.Failed(e)
                    : SessionEnd.Saying("the node cannot find out now who owns this key; try again in a moment");
            return await client.EndAsync(end, cancellationToken);
        }
        catch (RequestMemoryFullException e)
        {
            _logger.SessionEndedBadly(session.Command, session.Client, e.Message);
            return await client.EndAsync(SessionEnd.Complaining($"waystation: {e.Message}"), cancellationToken);
        }
        finally
        {
            _meters.Closed();
        }
    }

    private async Task<SessionEnd> RunAsync(RelaySession session, ClientChannel client, CancellationToken cancellationToken)
    {
        if (!SshPublicKey.TryParse(session.Key, out SshPublicKey? key))
        {
            return SessionEnd.Saying("the node cannot read this key");
        }

        if (session.Command.Length == 0)
        {
            return new SessionEnd(Refused, "waystation: this is a Git server; it gives no shell\n");
        }

        if (!GitCommandLine.TryParse(session.Command, out GitCommandLine? line))
        {
            return new SessionEnd(Refused, "waystation: this is a Git server; it runs only Git's commands for a repository\n");
        }

        SessionIdentity identity = await SessionIdentity.FindAsync(_options, _keys, key, session, cancellationToken);
        SessionEnd end = await RunAsync(identity, line, session, client, cancellationToken);
        if (end.ExitCode != 0)
        {
            _keys.Forget(key);
        }

        return end;
    }

    private async Task<SessionEnd> RunAsync(
        SessionIdentity identity,
        GitCommandLine line,
        RelaySession session,
        ClientChannel client,
        CancellationToken cancellationToken
    ) =>
        identity switch
        {
            SessionIdentity.Nobody nobody => nobody.End,
            _ when line.Service == GitCommandLine.UploadPack => await UploadPackAsync(identity, line, session, client, cancellationToken),
            SessionIdentity.OverSsh ssh when line.Service == GitCommandLine.LfsAuthenticate => Note(
                line,
                session,
                await _lfs.RunAsync(ssh, line, session, client, cancellationToken)
            ),
            SessionIdentity.OverSsh ssh => Note(
                line,
                session,
                await ForwardedService.RunAsync(_client, ssh, line, session, WatchOf(ssh, line), cancellationToken)
            ),
            SessionIdentity.OverHttp http => Note(line, session, await ForwardAsync(http, line, session, client, cancellationToken)),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    private async Task<SessionEnd> UploadPackAsync(
        SessionIdentity identity,
        GitCommandLine line,
        RelaySession session,
        ClientChannel client,
        CancellationToken cancellationToken
    )
    {
        string? httpPath = _primary.HttpPathOverSsh(line.Path);
        if (identity is SessionIdentity.OverHttp && httpPath is null)
        {
            return s_noSuchPath;
        }

        var repository = _primary.NameOverSsh(line.Path);
        int version = ProtocolVersion.Of(session.GitProtocol);
        await using IUpstream upstream = identity switch
        {
            SessionIdentity.OverSsh ssh => new SshUpstream(
                _client,
                ssh,
                line.Path,
                repository,
                version,
                _refs,
                _tickets,
                _digester,
                _meters
            ),
            SessionIdentity.OverHttp http => new HttpUpstream(
                _http.Open(_primary.Http, repository, httpPath!, http.Login),
                repository,
                version,
                _refs,
                _tickets
            ),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        if (await upstream.OpenAsync(cancellationToken) is { } refusal)
        {
            _logger.SessionEndedBadly(session.Command, session.Client, "refused");
            return refusal;
        }

        var call = new UploadPackCall(repository, _primary.Visibility, _primary.SelectsOverSsh(line.Path), upstream, client);
        return upstream.Capabilities is { } capabilities
            ? await new V2Session(call, _responder, _refs).RunAsync(capabilities, cancellationToken)
            : await new V0Session(call, _responder, upstream.Old!).RunAsync(cancellationToken);
    }

    private async Task<SessionEnd> ForwardAsync(
        SessionIdentity.OverHttp identity,
        GitCommandLine line,
        RelaySession session,
        ClientChannel client,
        CancellationToken cancellationToken
    )
    {
        if (_primary.HttpPathOverSsh(line.Path) is not { } path)
        {
            return s_noSuchPath;
        }

        HttpRepository http = _http.Open(_primary.Http, _primary.NameOf(path), path, identity.Login);
        switch (line.Service)
        {
            case GitCommandLine.ReceivePack:
                await using (PushWatch? push = WatchOf(http, line))
                {
                    return await new HttpPush(http, client, push, _responder.Memory).RunAsync(cancellationToken);
                }

            case GitCommandLine.LfsAuthenticate:
                return await _lfs.TellUrlAsync(http, session, client, cancellationToken);
            default:
                return new SessionEnd(
                    Refused,
                    $"waystation: {line.Service} is not offered here: this node reaches the primary by HTTP only\n"
                );
        }
    }

    /// <summary>Watches a push over HTTP; null where that would be of no use.</summary>
    private PushWatch? WatchOf(HttpRepository http, GitCommandLine line) =>
        _primary.SelectsOverSsh(line.Path)
            ? _pushes.Watch(
                _primary.NameOverSsh(line.Path),
                isGzip: false,
                () => (http.Credential, http.Asking("version=2", body: default))
            )
            : null;

    /// <summary>Watches a push over SSH, where the primary accepted the key that was proven here; null for every other service.</summary>
    private Func<SshChannel, PushWatch?>? WatchOf(SessionIdentity.OverSsh identity, GitCommandLine line) =>
        line.Service != GitCommandLine.ReceivePack || !_primary.SelectsOverSsh(line.Path)
            ? null
            : channel =>
            {
                RepositoryName repository = _primary.NameOverSsh(line.Path);
                return _pushes.Watch(repository, isGzip: false, () => PusherOf(identity, line, repository, channel));
            };

    private (Credential Credential, IPrimary Primary)? PusherOf(
        SessionIdentity.OverSsh identity,
        GitCommandLine line,
        RepositoryName repository,
        SshChannel channel
    )
    {
        var login = new SshLogin(identity.Identity, _digester);
        if (!login.IsOf(channel.AcceptedKey))
        {
            return null;
        }

        // Each of its connections is closed with the reply that it brought.
        var packs = new SshUploadPacks(_client, identity.Origin, identity.Identity, line.Path) { KeepsIdle = false };
        return (login.Credential, new SshPrimary(packs, command: default, new SshAsker(repository, login.Credential, _tickets, _meters)));
    }

    private SessionEnd Note(GitCommandLine line, RelaySession session, SessionEnd end)
    {
        _logger.ServiceForwarded(line.Service, line.Path, session.Client, end.ExitCode);
        return end;
    }
}
