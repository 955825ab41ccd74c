using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Waystation.FetchCore.Observing;

/// <summary>
/// The fetches under way, through every front end, and the news of their beginnings and ends.
/// <code>
///   ObservedFetch ──begins, ends──► LiveFetches ──► Now()       a snapshot
///                                              └──► LiveReader  events, for each reader
/// </code>
/// Both are bounded: a crowd costs no more memory than this, and a slow reader no fetch a moment.
/// </summary>
public sealed class LiveFetches
{
    /// <summary>The most fetches that a snapshot shows. Further ones are counted only.</summary>
    public const int Most = 10_000;

    /// <summary>The most readers at once.</summary>
    public const int MaxReaders = 64;

    private readonly ConcurrentDictionary<long, ObservedFetch> _fetches = new();
    private ImmutableArray<LiveReader> _readers = [];
    private long _lastId;
    private int _count;

    /// <summary>The number of fetches under way.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The fetches under way, the oldest first.</summary>
    public IReadOnlyList<LiveFetch> Now() => [.. _fetches.Values.Select(static fetch => fetch.ToLive()).OrderBy(static fetch => fetch.Id)];

    /// <summary>The events from now on; null if there are too many readers. The caller disposes it.</summary>
    public LiveReader? TryOpen()
    {
        var reader = new LiveReader(this);
        bool isIn = ImmutableInterlocked.Update(
            ref _readers,
            static (readers, one) => readers.Length < MaxReaders ? readers.Add(one) : readers,
            reader
        );
        return isIn ? reader : null;
    }

    internal void Leave(LiveReader reader) =>
        ImmutableInterlocked.Update(ref _readers, static (readers, one) => readers.Remove(one), reader);

    internal long NextId() => Interlocked.Increment(ref _lastId);

    internal void Begin(ObservedFetch fetch)
    {
        if (Interlocked.Increment(ref _count) <= Most)
        {
            _fetches[fetch.Id] = fetch;
        }

        if (!_readers.IsEmpty)
        {
            Tell(new LiveEvent(fetch.Id, fetch.ToLive(), Ended: null));
        }
    }

    internal void End(ObservedFetch fetch, FetchRecord record)
    {
        if (fetch.Id != 0)
        {
            _fetches.TryRemove(fetch.Id, out _);
            Interlocked.Decrement(ref _count);
        }

        if (!_readers.IsEmpty)
        {
            Tell(new LiveEvent(fetch.Id, Begun: null, record));
        }
    }

    private void Tell(LiveEvent news)
    {
        foreach (LiveReader reader in _readers)
        {
            reader.Tell(news);
        }
    }
}
