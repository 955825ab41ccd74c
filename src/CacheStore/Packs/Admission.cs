namespace Waystation.CacheStore.Packs;

/// <summary>
/// Remembers which answers were asked for lately, so that those not worth keeping at once are kept when asked a second
/// time. Bounded: what was asked before the last hour is forgotten, and where there is too much, the older half of the repository that has
/// most.
/// So who asks one repository for ever new answers makes none of another forgotten.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="capacity">Keys remembered of all repositories together.</param>
public sealed class Admission(TimeProvider time, int capacity = 131_072)
{
    /// <summary>A second request within this time makes an answer worth keeping.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<RepositoryName, Halves> _repositories = [];
    private int _count;
    private long _turned = time.GetTimestamp();

    /// <summary>Notes a request for this answer.</summary>
    public void Ask(RepositoryName repository, PackKey key)
    {
        lock (_gate)
        {
            if (time.GetElapsedTime(_turned) > s_memory)
            {
                foreach (RepositoryName known in _repositories.Keys.ToList())
                {
                    Turn(known);
                }

                _turned = time.GetTimestamp();
            }

            while (_count >= capacity)
            {
                Turn(_repositories.MaxBy(static known => known.Value.Count).Key);
            }

            if (!_repositories.TryGetValue(repository, out Halves? halves))
            {
                _repositories.Add(repository, halves = new Halves());
            }

            _count -= halves.Count;
            halves.Ask(key);
            _count += halves.Count;
        }
    }

    /// <summary>Whether this answer was asked for more than once.</summary>
    public bool WasAskedAgain(RepositoryName repository, PackKey key)
    {
        lock (_gate)
        {
            return _repositories.TryGetValue(repository, out Halves? halves) && halves.TimesOf(key) > 1;
        }
    }

    private void Turn(RepositoryName repository)
    {
        Halves halves = _repositories[repository];
        _count -= halves.Count;
        halves.Turn();
        _count += halves.Count;
        if (halves.Count == 0)
        {
            _repositories.Remove(repository);
        }
    }

    private sealed class Halves
    {
        private Dictionary<PackKey, int> _young = [];
        private Dictionary<PackKey, int> _old = [];

        public int Count => _young.Count + _old.Count;

        public int TimesOf(PackKey key) => _young.GetValueOrDefault(key, _old.GetValueOrDefault(key));

        public void Ask(PackKey key) => _young[key] = TimesOf(key) + 1;

        public void Turn() => (_old, _young) = (_young, []);
    }
}
