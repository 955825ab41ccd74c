using Waystation.CacheStore;

namespace Waystation.FetchCore.Access.Tickets;

/// <summary>
/// Recent refusals, against answers that were under way when the refusal came. Any client can cause refusals, so they have their own bound.
/// When there are too many, the oldest is forgotten, and no answer that was asked for before it counts any more. Not for several threads at
/// once.
/// </summary>
internal sealed class Refusals(TimeProvider time, int capacity)
{
    /// <summary>How long a refusal is remembered: longer than any answer can be under way.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(10);

    private readonly Dictionary<(RepositoryName, Credential), long> _at = [];
    private readonly Queue<((RepositoryName, Credential) Key, long At)> _order = new();
    private long _forgottenAt = long.MinValue;
    private bool _hasOfMany;

    public int Count => _at.Count;

    /// <summary>A refusal has come now.</summary>
    public void Note(RefusalScope scope)
    {
        switch (scope)
        {
            case RefusalScope.One one:
                Note(one.Repository, one.Credential);
                break;
            case RefusalScope.Many many:
                _hasOfMany = true;
                Note(many.Repository, Credential.AllOf(many.IsAnonymous));
                break;
            default:
                _forgottenAt = time.GetTimestamp();
                break;
        }
    }

    private void Note(RepositoryName repository, Credential credential)
    {
        Forget(s_memory);
        long now = time.GetTimestamp();
        (RepositoryName, Credential) key = (repository, credential);
        if (_at.ContainsKey(key))
        {
            _at[key] = now;
            return;
        }

        while (_at.Count >= capacity)
        {
            ForgetOldest();
        }

        _at.Add(key, now);
        _order.Enqueue((key, now));
    }

    /// <summary>Whether the answer to a question of that time counts.</summary>
    public bool Allow(RepositoryName repository, Credential credential, long askedAt) => askedAt > LastAt(repository, credential);

    /// <summary>Only answers to questions after this time count.</summary>
    public long LastAt(RepositoryName repository, Credential credential)
    {
        long ofAll = _hasOfMany
            ? _at.GetValueOrDefault((repository, Credential.AllOf(credential.IsAnonymous)), long.MinValue)
            : long.MinValue;
        return Math.Max(Math.Max(ofAll, _forgottenAt), _at.GetValueOrDefault((repository, credential), long.MinValue));
    }

    private void Forget(TimeSpan after)
    {
        while (_order.TryPeek(out ((RepositoryName, Credential) Key, long At) oldest) && time.GetElapsedTime(oldest.At) >= after)
        {
            ForgetOldest();
        }
    }

    private void ForgetOldest()
    {
        ((RepositoryName, Credential) key, long at) = _order.Dequeue();
        long last = _at[key];
        if (last > at)
        {
            // It was refused again since.
            _order.Enqueue((key, last));
            return;
        }

        _at.Remove(key);
        _forgottenAt = Math.Max(_forgottenAt, at);
    }
}
