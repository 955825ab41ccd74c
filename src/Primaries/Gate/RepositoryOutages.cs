using System.Collections.Concurrent;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;

namespace Waystation.Primaries.Gate;

/// <summary>
/// Repositories that their primary fails to serve (500, 502, 503, 504) while it answers otherwise. One credential that fails says nothing
/// of the repository: a primary may turn away just this one, and its client could serve itself by the record, or keep others from the
/// truth.
/// <code>
///   a credential fails twice ──► the node's own question ──fails, three times──► out ──► any credential is served ──► in
///                                   ├─ served ───────────────► the credential alone has failed
///                                   └─ refused ──► somebody else, who was accepted lately, failed as well ──► out
/// </code>
/// </summary>
/// <param name="ask">Asks the primary for a repository in the node's own name.</param>
/// <param name="health">The primary's.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed class RepositoryOutages(
    Func<RepositoryName, CancellationToken, Task<OwnAnswer>> ask,
    PrimaryHealth health,
    TimeProvider time,
    ILogger logger
)
{
    /// <summary>Guards memory against a primary that fails whatever it is asked. To forget one costs the questions that find it
    /// again.</summary>
    private const int MaxRepositories = 4_096;

    /// <summary>How many questions of the node's own must fail, one after the other.</summary>
    private const int Looks = 3;

    /// <summary>As between the probes of the whole primary.</summary>
    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromMilliseconds(700);

    /// <summary>A repository that nobody was failed for this long is not known to be out.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<RepositoryName, Failing> _failing = new();

    /// <summary>The status that the primary answered to the last who failed, where the repository is known to be out; else null.</summary>
    public int? StatusOf(RepositoryName repository) =>
        _failing.TryGetValue(repository, out Failing? failing) && failing.IsOut && !IsForgotten(failing) ? failing.Status : null;

    /// <summary>Somebody was served: whoever fails now fails alone.</summary>
    public void NoteServed(RepositoryName repository)
    {
        if (!_failing.IsEmpty && _failing.TryRemove(repository, out Failing? failing) && failing.IsOut)
        {
            logger.RepositoryOutageEnded(repository);
        }
    }

    /// <summary>A credential's question has failed, and failed again: whether that is the repository's doing.</summary>
    public async Task<bool> JudgeAsync(UpstreamRead read, int status, CancellationToken cancellationToken)
    {
        Failing failing = Find(read.Repository);
        bool isSecond = failing.AddFailed(read, status, time.GetTimestamp());
        if (failing.IsOut)
        {
            return true;
        }

        OwnAnswer own = await failing.AskAsync(() => LookAsync(read.Repository, failing)).WaitAsync(cancellationToken);
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

    private Failing Find(RepositoryName repository)
    {
        if (_failing.TryGetValue(repository, out Failing? known) && !IsForgotten(known))
        {
            return known;
        }

        if (known is not null)
        {
            _failing.TryRemove(new KeyValuePair<RepositoryName, Failing>(repository, known));
        }

        if (_failing.Count >= MaxRepositories)
        {
            _failing.Clear();
        }

        return _failing.GetOrAdd(repository, _ => new Failing(time.GetTimestamp()));
    }

    private bool IsForgotten(Failing failing) => time.GetElapsedTime(failing.LastAt) > s_memory;

    /// <summary>Nobody was served since.</summary>
    private bool IsCurrent(RepositoryName repository, Failing failing) =>
        _failing.TryGetValue(repository, out Failing? now) && now == failing;

    private async Task<OwnAnswer> LookAsync(RepositoryName repository, Failing failing)
    {
        await Task.Yield();
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

    /// <summary>Who failed since somebody was served last.</summary>
    private sealed class Failing(long since)
    {
        private readonly Lock _gate = new();
        private (Credential Credential, string? From)? _first;
        private Task<OwnAnswer>? _asking;
        private long _lastAt = since;
        private int _status;
        private bool _isOut;

        public long LastAt => Interlocked.Read(ref _lastAt);

        public int Status => Volatile.Read(ref _status);

        public bool IsOut => Volatile.Read(ref _isOut);

        /// <summary>
        /// Whether two people failed. Anybody can make up credentials, or change them: only those count that the primary accepted lately,
        /// and of one address only one, for a limit may be its. Nobody's credential is nobody.
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

        /// <summary>The node's own question, shared by all that fail meanwhile.</summary>
        public Task<OwnAnswer> AskAsync(Func<Task<OwnAnswer>> ask)
        {
            lock (_gate)
            {
                return _asking is { IsCompleted: false } ? _asking : _asking = ask();
            }
        }

        public bool TryBegin() => !Interlocked.Exchange(ref _isOut, true);
    }
}
