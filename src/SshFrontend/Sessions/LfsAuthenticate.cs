using Waystation.CacheStore;
using Waystation.CacheStore.Flights;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Lfs;
using Waystation.Primaries;
using Waystation.Primaries.Http;
using Waystation.Primaries.Lfs;
using Waystation.Primaries.Ssh;
using Waystation.Primaries.Ssh.Keys;
using Waystation.SshFrontend.Channels;
using Waystation.SshFrontend.Identities;
using Waystation.SshFrontend.Relays;
using Waystation.SshFrontend.Upstreams;

namespace Waystation.SshFrontend.Sessions;

/// <summary>
/// <c>git-lfs-authenticate</c> (git-lfs docs/api/server-discovery.md, "SSH"): the primary answers, with the URL of its LFS and a header for
/// it. A URL on the primary's own host becomes the node's, so that the transfers come here. In an outage the client gets the primary's last
/// answer to the same key, because the node serves objects then too.
/// </summary>
internal sealed class LfsAuthenticate
{
    private const int MaxRemembered = 4_096;

    private readonly SshSessionOptions _options;
    private readonly SessionPrimaries _primaries;
    private readonly Primary _primary;
    private readonly AccessTickets _tickets;
    private readonly FetchMeters _meters;
    private readonly RecentMap<(RepositoryName, Credential), Answer>? _answers;

    public LfsAuthenticate(SshSessionOptions options, SessionPrimaries primaries)
    {
        (_options, _primaries, _primary) = (options, primaries, primaries.Primary);
        (_tickets, _meters) = (primaries.Tickets, primaries.Meters);
        _answers =
            options.ServeFor > TimeSpan.Zero
                ? new RecentMap<(RepositoryName, Credential), Answer>(MaxRemembered, options.ServeFor, options.Time)
                : null;
    }

    /// <summary>The answer for a client whose key stands for a login over HTTP: only the URL, for the login is not the node's to give
    /// away.</summary>
    public Task<SessionEnd> TellUrlAsync(
        HttpRepository http,
        RelaySession session,
        ClientChannel client,
        CancellationToken cancellationToken
    )
    {
        string href = http.LfsUrl.AbsoluteUri;
        return WriteAsync(client, LfsAuthentication.Write(Renamed(href, session) ?? href), cancellationToken);
    }

    /// <summary>Runs the command at the primary.</summary>
    public async Task<SessionEnd> RunAsync(
        SessionIdentity.OverSsh identity,
        GitCommandLine line,
        RelaySession session,
        ClientChannel client,
        CancellationToken cancellationToken
    )
    {
        SshLogin login = _primaries.LoginOf(identity);
        RepositoryName repository = _primary.NameOverSsh(line.Path);
        bool isDownload = line.Arguments is ["download", ..];
        long askedAt = _tickets.Now;
        try
        {
            var asker = new SshAsker(repository, login.Credential, _tickets, _meters);
            using IDisposable place = await identity.Origin.EnterAsync(asker, asksForRefs: false, cancellationToken);
            (ReadOnlyMemory<byte> answer, SshExit exit, SshPublicKey? accepted) = await AskAsync(
                identity,
                line,
                session,
                cancellationToken
            );
            if (exit.Outcome is SshOutcome.Unreachable or SshOutcome.Lost && answer.Length == 0)
            {
                throw await identity.Origin.Gate.JudgeAsync(exit.Message, new IOException(exit.Message));
            }

            if (exit.Code != 0 || answer.Length == 0)
            {
                _answers?.Remove((repository, login.Credential));
                await client.WriteAsync(answer, cancellationToken);
                return new SessionEnd(exit.Code, exit.Message.Length > 0 ? $"waystation: {exit.Message}\n" : "");
            }

            if (isDownload && login.IsOf(accepted) && _primary.SelectsOverSsh(line.Path))
            {
                _answers?.Set((repository, login.Credential), new Answer(answer, askedAt));
            }

            return await WriteAsync(client, Renamed(answer, session), cancellationToken);
        }
        catch (PrimaryOutageException) when (isDownload && FindRecorded(repository, login.Credential) is { } recorded)
        {
            _meters.AnsweredStale("lfs-authenticate");
            return await WriteAsync(client, Renamed(recorded.Json, session), cancellationToken);
        }
    }

    private Answer? FindRecorded(RepositoryName repository, Credential credential) =>
        _answers is not null
        && _answers.TryGet((repository, credential), out Answer? answer)
        && _tickets.Allows(repository, credential, answer.AskedAt)
            ? answer
            : null;

    private Task<LfsAuthenticateReply> AskAsync(
        SessionIdentity.OverSsh identity,
        GitCommandLine line,
        RelaySession session,
        CancellationToken cancellationToken
    )
    {
        _meters.Upstream("lfs-authenticate");
        SshTarget target = identity.Origin.Target;
        return LfsAuthenticateCall.AskAsync(
            _primaries.Client,
            target,
            identity.Identity,
            new RemoteCommand(line.Service, target.PathOf(line.Path), line.Arguments),
            session.GitProtocol,
            session.Error,
            cancellationToken
        );
    }

    private ReadOnlyMemory<byte> Renamed(ReadOnlyMemory<byte> answer, RelaySession session) =>
        LfsAuthentication.Rename(answer, href => Renamed(href, session)) is { } renamed ? (byte[])[.. renamed, (byte)'\n'] : answer;

    /// <summary>The URL at the node; null if it stays, because it is of another host or leads to the node already.</summary>
    private string? Renamed(string href, RelaySession session) =>
        _primary.Http.OwnTargetOf(href) is { } target && _options.NodeUrl(session.Client) is { } node ? node + target : null;

    private static async Task<SessionEnd> WriteAsync(ClientChannel client, ReadOnlyMemory<byte> answer, CancellationToken cancellationToken)
    {
        await client.WriteAsync(answer, cancellationToken);
        return SessionEnd.Quiet;
    }

    private sealed record Answer(ReadOnlyMemory<byte> Json, long AskedAt);
}
