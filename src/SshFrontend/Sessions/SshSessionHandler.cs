using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.FetchCore.Pushes;
using Waystation.FetchCore.Refs;
using Waystation.GitProtocol;
using Waystation.Primaries;
using Waystation.Primaries.Loops;
using Waystation.Primaries.Ssh.Keys;
using Waystation.SshFrontend.Channels;
using Waystation.SshFrontend.Identities;
using Waystation.SshFrontend.KeyAuthorities;
using Waystation.SshFrontend.Relays;
using Waystation.SshFrontend.Upstreams;

namespace Waystation.SshFrontend.Sessions;

/// <summary>
/// The front end for SSH clients. sshd has checked their keys. This finds the identity of each key, and takes each command to its place:
/// <code>
///   git-upload-pack      the fetch core, which asks the primary in the user's name
///   other git services   ForwardedServices: the primary
///   anything else        a line and exit code 1
/// </code>
/// </summary>
public sealed class SshSessionHandler : IRelaySessions
{
    private readonly SshSessionOptions _options;
    private readonly SessionPrimaries _primaries;
    private readonly RefsService _refs;
    private readonly FetchMeters _meters;
    private readonly ILogger<SshSessionHandler> _logger;
    private readonly KeyResolver _keys;
    private readonly SshFetchResponder _responder;
    private readonly ForwardedServices _services;
    private readonly SessionBounds _bounds;

    /// <param name="options">The operator's settings.</param>
    /// <param name="primaries">The primary in the names of users.</param>
    /// <param name="responder">The fetch core.</param>
    /// <param name="refs">The core of refs.</param>
    /// <param name="pushes">Takes pushes into mirrors.</param>
    /// <param name="authority">Finds the credential of a key; null for no key authority.</param>
    /// <param name="meters">The counters.</param>
    /// <param name="logger">The log.</param>
    public SshSessionHandler(
        SshSessionOptions options,
        SessionPrimaries primaries,
        FetchResponder responder,
        RefsService refs,
        PushIngest pushes,
        CachedKeyAuthority? authority,
        FetchMeters meters,
        ILogger<SshSessionHandler> logger
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(primaries);
        ArgumentNullException.ThrowIfNull(responder);
        ArgumentNullException.ThrowIfNull(meters);
        (_options, _primaries, _refs, _meters, _logger) = (options, primaries, refs, meters, logger);
        _bounds = new SessionBounds(options.MaxSessions, options.MaxSessionsPerAddress);
        _keys = new KeyResolver(options, authority, logger);
        _responder = new SshFetchResponder(responder);
        _services = new ForwardedServices(primaries, new LfsAuthenticate(options, primaries), pushes, responder.Memory, logger);
    }

    /// <inheritdoc />
    public Task<string> FindLineAsync(string key, CancellationToken cancellationToken) => _keys.FindLineAsync(key, cancellationToken);

    /// <inheritdoc />
    public async Task<int> ServeAsync(RelaySession session, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        _meters.Opened();
        using Activity? span = Spans.BeginRequest("ssh");
        await using var client = new ClientChannel(session);
        try
        {
            return await client.EndAsync(await AdmitAsync(session, client, cancellationToken), cancellationToken);
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

    private async Task<SessionEnd> AdmitAsync(RelaySession session, ClientChannel client, CancellationToken cancellationToken)
    {
        IPAddress? address = session.Address;
        if ((_options.RefusalOf(address, session.Key) ?? _bounds.Begin(address)) is { } line)
        {
            _logger.SessionEndedBadly(session.Command, session.Client, line);
            return SessionEnd.Refusing(line);
        }

        try
        {
            return await RunAsync(session, client, cancellationToken);
        }
        finally
        {
            _bounds.End(address);
        }
    }

    private async Task<SessionEnd> RunAsync(RelaySession session, ClientChannel client, CancellationToken cancellationToken)
    {
        if (!NodeMark.TryBeginSession(session.Via))
        {
            _logger.SessionLoops(session.Client);
            return SessionEnd.Saying(
                "the primary's SSH address leads back to this node; its operator must set Primaries:0:Address or the right SshUrl"
            );
        }

        if (!SshPublicKey.TryParse(session.Key, out SshPublicKey? key))
        {
            return SessionEnd.Saying("the node cannot read this key");
        }

        if (session.Command.Length == 0)
        {
            return SessionEnd.Refusing("this is a Git server; it gives no shell");
        }

        if (!GitCommandLine.TryParse(session.Command, out GitCommandLine? line))
        {
            return SessionEnd.Refusing("this is a Git server; it runs only Git's commands for a repository");
        }

        Activity.Current?.SetTag("service", line.Service).SetTag("repository", line.Path);
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
            _ => await _services.RunAsync(identity, line, session, client, cancellationToken),
        };

    private async Task<SessionEnd> UploadPackAsync(
        SessionIdentity identity,
        GitCommandLine line,
        RelaySession session,
        ClientChannel client,
        CancellationToken cancellationToken
    )
    {
        await using IUpstream? upstream = _primaries.UploadPack(identity, line.Path, ProtocolVersion.Of(session.GitProtocol));
        if (upstream is null)
        {
            return SessionEnd.NoSuchPath;
        }

        if (await upstream.OpenAsync(cancellationToken) is { } refusal)
        {
            _logger.SessionEndedBadly(session.Command, session.Client, "refused");
            return refusal;
        }

        Primary primary = _primaries.Primary;
        var call = new UploadPackCall(
            primary.NameOverSsh(line.Path),
            primary.Visibility,
            primary.SelectsOverSsh(line.Path),
            upstream,
            client
        );
        return upstream.Capabilities is { } capabilities
            ? await new V2Session(call, _responder, _refs).RunAsync(capabilities, cancellationToken)
            : await new V0Session(call, _responder, upstream.Old!).RunAsync(cancellationToken);
    }
}
