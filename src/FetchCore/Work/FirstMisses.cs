using Waystation.CacheStore;

namespace Waystation.FetchCore.Work;

/// <summary>
/// Counts misses of repositories without a mirror, of the last hour: the second one is worth a mirror. What nobody logged in
/// for may begin only so many, or a stranger could fill the disk with every public repository there is; and his misses take nobody
/// else's place.
/// </summary>
public sealed class FirstMisses(TimeProvider time)
{
    private const int MaxAnonymous = 20;

    private static readonly TimeSpan s_memory = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly Misses _ofUsers = new(time);
    private readonly Misses _ofStrangers = new(time);
    private readonly Queue<long> _anonymous = new();

    /// <summary>Notes a miss; true where it is the second one within the hour, and may begin a mirror.</summary>
    public bool IsSecond(RepositoryName repository, bool isAnonymous)
    {
        lock (_gate)
        {
            if (!_ofUsers.Has(repository) && !_ofStrangers.Has(repository))
            {
                (isAnonymous ? _ofStrangers : _ofUsers).Note(repository);
                return false;
            }

            if (isAnonymous && !TakeAnonymous(time.GetTimestamp()))
            {
                return false;
            }

            _ofUsers.Forget(repository);
            _ofStrangers.Forget(repository);
            return true;
        }
    }

    private bool TakeAnonymous(long now)
    {
        while (_anonymous.TryPeek(out long begun) && time.GetElapsedTime(begun, now) > s_memory)
        {
            _anonymous.Dequeue();
        }

        if (_anonymous.Count >= MaxAnonymous)
        {
            return false;
        }

        _anonymous.Enqueue(now);
        return true;
    }

    /// <summary>The last repositories that were missed.</summary>
    private sealed class Misses(TimeProvider time)
    {
        /// <summary>Guards memory against requests for ever new repositories; the oldest goes.</summary>
        private const int MaxRemembered = 16_384;

        private readonly Dictionary<RepositoryName, LinkedListNode<(RepositoryName Repository, long At)>> _missed = [];
        private readonly LinkedList<(RepositoryName Repository, long At)> _oldestFirst = new();

        public bool Has(RepositoryName repository) =>
            _missed.TryGetValue(repository, out var miss) && time.GetElapsedTime(miss.Value.At) <= s_memory;

        public void Note(RepositoryName repository)
        {
            Forget(repository);
            if (_missed.Count >= MaxRemembered)
            {
                Forget(_oldestFirst.First!.Value.Repository);
            }

            _missed[repository] = _oldestFirst.AddLast((repository, time.GetTimestamp()));
        }

        public void Forget(RepositoryName repository)
        {
            if (_missed.Remove(repository, out var miss))
            {
                _oldestFirst.Remove(miss);
            }
        }
    }
}
