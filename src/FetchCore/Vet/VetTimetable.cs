using System.Diagnostics.CodeAnalysis;
using Waystation.CacheStore;

namespace Waystation.FetchCore.Vet;

/// <summary>
/// Says when each mirror is vetted: a recently used or changed mirror once in <paramref name="every"/>, another one after a tenth of its
/// idle time, but at least daily. Chance spreads the vets, so ten thousand mirrors make a few requests a second and never a wave.
/// </summary>
[SuppressMessage("Security", "CA5394", Justification = "It spreads load and keeps no secret.")]
public sealed class VetTimetable(TimeSpan every, TimeProvider time, Random random)
{
    private const int IdleShare = 10;
    private const double MostLuck = 0.2;

    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    /// <summary>For each mirror: the time of its last vet, and the share of its interval that chance leaves.</summary>
    private readonly Dictionary<RepositoryName, (long At, double Share)> _last = [];

    /// <summary>The time from one vet to the next, before chance shortens it by up to a fifth.</summary>
    /// <param name="idle">The time since the repository was last asked for or changed.</param>
    /// <param name="every">The shortest interval.</param>
    public static TimeSpan IntervalOf(TimeSpan idle, TimeSpan every)
    {
        TimeSpan interval = idle / IdleShare;
        interval = interval > s_longest ? s_longest : interval;
        return interval > every ? interval : every;
    }

    /// <summary>Takes the mirrors that are due, and counts them as vetted. Mirrors that are not among <paramref name="all"/> are
    /// forgotten.</summary>
    /// <param name="all">Every mirror and its idle time.</param>
    public IReadOnlyList<RepositoryName> TakeDue(IReadOnlyCollection<(RepositoryName Name, TimeSpan Idle)> all)
    {
        ArgumentNullException.ThrowIfNull(all);
        long now = time.GetTimestamp();
        List<RepositoryName> due = [];
        foreach ((RepositoryName name, TimeSpan idle) in all)
        {
            TimeSpan interval = IntervalOf(idle, every);
            double share = 1 - (MostLuck * random.NextDouble());
            if (!_last.TryGetValue(name, out (long At, double Share) last))
            {
                // A new mirror counts as vetted at a random time within its interval.
                _last[name] = (now - Ticks(interval * share * random.NextDouble()), share);
            }
            else if (time.GetElapsedTime(last.At, now) >= interval * last.Share)
            {
                _last[name] = (now, share);
                due.Add(name);
            }
        }

        if (_last.Count > all.Count)
        {
            HashSet<RepositoryName> known = [.. all.Select(static one => one.Name)];
            foreach (RepositoryName name in _last.Keys.Where(name => !known.Contains(name)).ToList())
            {
                _last.Remove(name);
            }
        }

        return due;
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
