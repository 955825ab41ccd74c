using Waystation.CacheStore;

namespace Waystation.FetchCore.Observing;

/// <summary>The latest fetches: a ring in which each new one takes the place of the oldest.</summary>
public sealed class RecentFetches
{
    /// <summary>The number of remembered fetches: about 500 KiB, and minutes of a busy node.</summary>
    public const int Most = 1_000;

    private readonly Lock _gate = new();
    private readonly FetchRecord?[] _ring = new FetchRecord?[Most];
    private long _added;

    /// <summary>Remembers one more fetch.</summary>
    /// <param name="make">Makes it, given its number.</param>
    internal FetchRecord Add(Func<long, FetchRecord> make)
    {
        lock (_gate)
        {
            FetchRecord record = make(_added + 1);
            _ring[_added++ % Most] = record;
            return record;
        }
    }

    /// <summary>Forgets the fetches of a repository. Returns their number.</summary>
    public int Forget(RepositoryName repository)
    {
        lock (_gate)
        {
            int forgotten = 0;
            for (int at = 0; at < _ring.Length; at++)
            {
                if (_ring[at]?.Repository == repository)
                {
                    _ring[at] = null;
                    forgotten++;
                }
            }

            return forgotten;
        }
    }

    /// <summary>The latest, newest first.</summary>
    /// <param name="count">The most fetches to return.</param>
    /// <param name="isWanted">Only these fetches; null for all.</param>
    public IReadOnlyList<FetchRecord> Latest(int count, Func<FetchRecord, bool>? isWanted = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        List<FetchRecord> latest = [];
        lock (_gate)
        {
            long oldest = Math.Max(0, _added - Most);
            for (long at = _added - 1; at >= oldest && latest.Count < count; at--)
            {
                if (_ring[at % Most] is { } record && (isWanted is null || isWanted(record)))
                {
                    latest.Add(record);
                }
            }
        }

        return latest;
    }
}
