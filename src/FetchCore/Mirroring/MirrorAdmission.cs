using Waystation.CacheStore;
using Waystation.CacheStore.Flights;

namespace Waystation.FetchCore.Mirroring;

/// <summary>
/// Counts misses of repositories without a mirror in the last hour; the second one begins a mirror. Anonymous clients may begin only a
/// limited number, because a stranger could fill the disk with every public repository; and the misses of a stranger displace no others.
/// </summary>
public sealed class MirrorAdmission(TimeProvider time)
{
    private const int MaxAnonymous = 20;

    /// <summary>Guards memory against requests for ever new repositories.</summary>
    private const int MaxRemembered = 16_384;

    private static readonly TimeSpan s_memory = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly RecentMap<RepositoryName, bool> _ofUsers = new(MaxRemembered, s_memory, time);
    private readonly RecentMap<RepositoryName, bool> _ofStrangers = new(MaxRemembered, s_memory, time);
    private readonly Queue<long> _anonymous = new();

    /// <summary>Counts a miss; true if it is the second one within the hour and may begin a mirror.</summary>
    public bool IsSecond(RepositoryName repository, bool isAnonymous)
    {
        lock (_gate)
        {
            if (!_ofUsers.Contains(repository) && !_ofStrangers.Contains(repository))
            {
                (isAnonymous ? _ofStrangers : _ofUsers).Set(repository, true);
                return false;
            }

            if (isAnonymous && !TakeAnonymous(time.GetTimestamp()))
            {
                return false;
            }

            _ofUsers.Remove(repository);
            _ofStrangers.Remove(repository);
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
}
