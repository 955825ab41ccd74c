using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Flights;
using Waystation.FetchCore.Access;

namespace Waystation.FetchCore.Mirroring;

/// <summary>
/// Bounds the mirrors that fetches begin. It counts misses of repositories without a mirror in the last hour; the second one begins a
/// mirror. All strangers together, and each credential, may begin only a limited number in an hour, because a crawler could make a mirror
/// of every public repository. The misses of strangers displace no others.
/// </summary>
public sealed class MirrorAdmission
{
    /// <summary>Guards memory against requests for ever new repositories.</summary>
    private const int MaxRemembered = 16_384;

    private static readonly TimeSpan s_memory = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly StrangerOptions _options;
    private readonly TimeProvider _time;
    private readonly RecentMap<RepositoryName, bool> _ofKnown;
    private readonly RecentMap<RepositoryName, bool> _ofStrangers;
    private readonly RecentMap<Credential, Hour> _byCredential;
    private readonly Queue<long> _begunByStrangers = new();

    /// <param name="options">The limits.</param>
    /// <param name="time">The clock.</param>
    public MirrorAdmission(StrangerOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _ofKnown = new(MaxRemembered, s_memory, time);
        _ofStrangers = new(MaxRemembered, s_memory, time);
        _byCredential = new(MaxRemembered, s_memory, time);
    }

    /// <summary>Counts a miss; true if it is the second one within the hour and may begin a mirror.</summary>
    public bool IsSecond(RepositoryName repository, Credential credential, bool isStranger)
    {
        lock (_gate)
        {
            if (!_ofKnown.Contains(repository) && !_ofStrangers.Contains(repository))
            {
                (isStranger ? _ofStrangers : _ofKnown).Set(repository, true);
                return false;
            }

            if (!MayBegin(credential, isStranger))
            {
                return false;
            }

            _ofKnown.Remove(repository);
            _ofStrangers.Remove(repository);
            return true;
        }
    }

    /// <summary>Whether a fetch may begin one more mirror, which counts from now on.</summary>
    public bool MayBegin(Credential credential, bool isStranger)
    {
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            while (_begunByStrangers.TryPeek(out long begun) && _time.GetElapsedTime(begun, now) > s_memory)
            {
                _begunByStrangers.Dequeue();
            }

            bool hasHour = _byCredential.TryGet(credential, out Hour? hour) && _time.GetElapsedTime(hour.Since, now) <= s_memory;
            if (
                (isStranger && _begunByStrangers.Count >= _options.MirrorsPerHour)
                || (hasHour ? hour!.Begun : 0) >= _options.MirrorsPerHourPerCredential
            )
            {
                return false;
            }

            _byCredential.Set(credential, hasHour ? hour! with { Begun = hour.Begun + 1 } : new Hour(now, 1));
            if (isStranger)
            {
                _begunByStrangers.Enqueue(now);
            }

            return true;
        }
    }

    /// <summary>The mirrors that a credential began since a time.</summary>
    private sealed record Hour(long Since, int Begun);
}
