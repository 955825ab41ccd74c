using Waystation.CacheStore;
using Waystation.CacheStore.Flights;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Flights;

namespace Waystation.Primaries.Gate;

/// <summary>
/// Repositories that their primary fails to serve (500, 502, 503, 504) while it answers otherwise. The failure of one credential shows
/// nothing about the repository, because a primary may refuse only this one. Otherwise its client could read the record, or keep others
/// from the current refs.
/// <code>
///   a credential fails twice ──► the node's own question ──fails, three times──► out ──► any credential is served ──► in
///                                   ├─ served ───────────────► only the credential has failed
///                                   └─ refused ──► another credential, accepted lately, failed as well ──► out
/// </code>
/// </summary>
/// <param name="ask">Asks the primary for a repository in the node's own name.</param>
/// <param name="health">The primary's health.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed class RepositoryOutages(
    Func<RepositoryName, CancellationToken, Task<OwnAnswer>> ask,
    PrimaryHealth health,
    TimeProvider time,
    ILogger logger
)
{
    /// <summary>Guards memory against a primary that fails every request. A forgotten repository costs the questions that find it
    /// again.</summary>
    private const int MaxRepositories = 4_096;

    /// <summary>The number of the node's own questions in a row that must fail.</summary>
    private const int Looks = 3;

    /// <summary>The pause between these, as between the probes of the whole primary.</summary>
    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromMilliseconds(700);

    /// <summary>A repository without a failure for this long does not count as out any more.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(1);

    /// <summary>Longer than the node's own questions may take.</summary>
    private static readonly TimeSpan s_kept = TimeSpan.FromMinutes(10);

    private readonly RecentMap<RepositoryName, Failing> _failing = new(MaxRepositories, s_kept, time);
    private readonly SingleFlight<Failing, OwnAnswer> _looks = new();

    /// <summary>The status of the last failure, if the repository is in an outage; else null.</summary>
    public int? StatusOf(RepositoryName repository) =>
        _failing.TryGet(repository, out Failing? failing) && failing.IsOut && !IsForgotten(failing) ? failing.Status : null;

    /// <summary>A credential was served: a credential that fails now fails alone.</summary>
    public void NoteServed(RepositoryName repository)
    {
        if (_failing.TryGet(repository, out Failing? failing) && _failing.Remove(repository) && failing.IsOut)
        {
            logger.RepositoryOutageEnded(repository);
        }
    }

    /// <summary>A credential's question has failed twice. Says whether the repository is in an outage.</summary>
    public async Task<bool> JudgeAsync(UpstreamRead read, int status, CancellationToken cancellationToken)
    {
        Failing failing = Find(read.Repository);
        bool isSecond = failing.AddFailed(read, status, time.GetTimestamp());
        if (failing.IsOut)
        {
            return true;
        }

        OwnAnswer own = await _looks
            .JoinOrBegin(failing, _ => LookAsync(read.Repository, failing), out bool _)
            .WaitAsync(cancellationToken);
        bool isOut =
            IsCurrent(read.Repository, failing) && !health.IsUneven && (own == OwnAnswer.Fails || (own == OwnAnswer.Unknown && isSecond));
        if (isOut && failing.TryBegin())
        {
            logger.RepositoryOutageBegan(
                read.Repository,
                status,
                own == OwnAnswer.Fails ? "the node's own question as well" : "two people"
            );
        }

        return isOut;
    }

    private Failing Find(RepositoryName repository) =>
        _failing.Update(repository, known => known is not null && !IsForgotten(known) ? known : new Failing(time.GetTimestamp()));

    private bool IsForgotten(Failing failing) => time.GetElapsedTime(failing.LastAt) > s_memory;

    /// <summary>No credential was served since.</summary>
    private bool IsCurrent(RepositoryName repository, Failing failing) => _failing.TryGet(repository, out Failing? now) && now == failing;

    private async Task<OwnAnswer> LookAsync(RepositoryName repository, Failing failing)
    {
        for (int look = 1; ; look++)
        {
            OwnAnswer answer = await ask(repository, health.Stopping);
            if (answer == OwnAnswer.Serves)
            {
                NoteServed(repository);
            }

            if (answer != OwnAnswer.Fails || look == Looks || !IsCurrent(repository, failing) || health.IsUneven)
            {
                return answer;
            }

            await Task.Delay(s_betweenLooks, time, health.Stopping);
        }
    }

    /// <summary>The credentials that failed since the last one that was served.</summary>
    private sealed class Failing(long since)
    {
        private readonly Lock _gate = new();
        private (Credential Credential, string? From)? _first;
        private long _lastAt = since;
        private int _status;
        private bool _isOut;

        public long LastAt => Interlocked.Read(ref _lastAt);

        public int Status => Volatile.Read(ref _status);

        public bool IsOut => Volatile.Read(ref _isOut);

        /// <summary>
        /// Whether two credentials failed. Any client can make up credentials, so only those count that the primary accepted lately, and
        /// only one of each address, because an address may have a limit. Anonymous requests do not count.
        /// </summary>
        public bool AddFailed(UpstreamRead read, int status, long now)
        {
            Volatile.Write(ref _status, status);
            Interlocked.Exchange(ref _lastAt, now);
            if (read.Credential.IsAnonymous || !read.WasAccepted())
            {
                return false;
            }

            lock (_gate)
            {
                _first ??= (read.Credential, read.From);
                return _first.Value.Credential != read.Credential && _first.Value.From != read.From;
            }
        }

        public bool TryBegin() => !Interlocked.Exchange(ref _isOut, true);
    }
}
