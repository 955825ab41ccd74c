using Waystation.CacheStore;
using Waystation.CacheStore.Flights;
using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Observing;

/// <summary>
/// Remembers the clones of each repository, the most frequent first. Old clones count for less, and a pattern that is made ahead and not
/// asked for is soon not made any more.
/// </summary>
public sealed class ClonePatterns(TimeProvider time)
{
    /// <summary>The most patterns of one repository.</summary>
    public const int MaxPerRepository = 8;

    private const int MaxRepositories = 4_096;

    /// <summary>The count of a pattern below which it is not made ahead. Each pack made ahead halves the count: 1, ½, ¼.</summary>
    private const double Threshold = 0.2;

    private const double MaxScore = 16;

    private static readonly TimeSpan s_halfLife = TimeSpan.FromDays(1);

    /// <summary>The time after which the highest score has fallen below the threshold.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromDays(7);

    private readonly Lock _gate = new();
    private readonly RecentMap<RepositoryName, List<Entry>> _patterns = new(MaxRepositories, s_memory, time);

    /// <summary>Counts a request.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="key">The key of its pack: a known key is not examined again.</param>
    /// <param name="request">The request.</param>
    /// <param name="view">The listings of its credential.</param>
    public void Count(RepositoryName repository, PackKey key, FetchRequest request, AccessView view)
    {
        if (!ClonePattern.HasShape(request) || TryAskAgain(repository, key) || ClonePattern.Of(request, view) is not { } pattern)
        {
            return;
        }

        lock (_gate)
        {
            List<Entry> entries = _patterns.Update(repository, static known => known ?? []);
            if (entries.Find(entry => entry.Pattern == pattern) is not { } known)
            {
                if (entries.Count == MaxPerRepository)
                {
                    entries.Remove(entries.MinBy(ScoreOf)!);
                }

                entries.Add(known = new Entry(pattern) { At = time.GetTimestamp() });
            }

            known.Key = key;
            Raise(known);
        }
    }

    /// <summary>The patterns that are worth making ahead, the most frequent first.</summary>
    public IReadOnlyList<ClonePattern> Wanted(RepositoryName repository)
    {
        lock (_gate)
        {
            return _patterns.TryGet(repository, out List<Entry>? entries)
                ? [.. entries.Where(entry => ScoreOf(entry) > Threshold).OrderByDescending(ScoreOf).Select(static entry => entry.Pattern)]
                : [];
        }
    }

    /// <summary>Forgets the clones of a repository.</summary>
    public void Forget(RepositoryName repository)
    {
        lock (_gate)
        {
            _patterns.Remove(repository);
        }
    }

    /// <summary>A pack of this pattern is made ahead: clients must ask for it before many more are made.</summary>
    public void Make(RepositoryName repository, ClonePattern pattern, PackKey key)
    {
        lock (_gate)
        {
            if (_patterns.TryGet(repository, out List<Entry>? entries) && entries.Find(entry => entry.Pattern == pattern) is { } known)
            {
                (known.Score, known.At, known.Key) = (ScoreOf(known) / 2, time.GetTimestamp(), key);
            }
        }
    }

    private bool TryAskAgain(RepositoryName repository, PackKey key)
    {
        lock (_gate)
        {
            if (_patterns.TryGet(repository, out List<Entry>? entries) && entries.Find(entry => entry.Key == key) is { } known)
            {
                _patterns.Set(repository, entries);
                Raise(known);
                return true;
            }

            return false;
        }
    }

    private void Raise(Entry entry) => (entry.Score, entry.At) = (Math.Min(MaxScore, ScoreOf(entry) + 1), time.GetTimestamp());

    private double ScoreOf(Entry entry) => entry.Score * Math.Pow(0.5, time.GetElapsedTime(entry.At) / s_halfLife);

    private sealed class Entry(ClonePattern pattern)
    {
        public ClonePattern Pattern => pattern;

        /// <summary>At <see cref="At"/>; it halves with the time since.</summary>
        public double Score { get; set; }

        public long At { get; set; }

        /// <summary>The key of the last pack of this pattern that was asked for, or made.</summary>
        public PackKey Key { get; set; }
    }
}
