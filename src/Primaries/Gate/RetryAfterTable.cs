using System.Collections.Concurrent;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.Primaries.Gate;

/// <summary>
/// Credentials that the primary has told to come again later (429, RFC 6585), by the repository that they asked for: until then nothing
/// is asked of it in their name. For another repository the primary may answer otherwise, and says so itself.
/// </summary>
public sealed class RetryAfterTable(TimeProvider time)
{
    /// <summary>Guards memory: the primary must have answered each, but a client may invent as many as it likes.</summary>
    private const int MaxHolds = 65_536;

    /// <summary>Beyond this the primary is asked again whether it meant it.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<(RepositoryName, Credential), (long Since, TimeSpan For)> _holds = new();

    /// <exception cref="PrimaryBusyException">It is held.</exception>
    public void ThrowIfHeld(RepositoryName repository, Credential credential)
    {
        if (Remaining((repository, credential)) is { } remaining)
        {
            throw new PrimaryBusyException("it answers 429", remaining);
        }
    }

    /// <summary>How long it is still held; null where it is not.</summary>
    private TimeSpan? Remaining((RepositoryName, Credential) asker)
    {
        if (!_holds.TryGetValue(asker, out (long Since, TimeSpan For) hold))
        {
            return null;
        }

        TimeSpan remaining = hold.For - time.GetElapsedTime(hold.Since);
        if (remaining > TimeSpan.Zero)
        {
            return remaining;
        }

        _holds.TryRemove(new KeyValuePair<(RepositoryName, Credential), (long, TimeSpan)>(asker, hold));
        return null;
    }

    /// <summary>Holds a credential for as long as the primary said.</summary>
    public void Hold(RepositoryName repository, Credential credential, TimeSpan wait)
    {
        if (_holds.Count >= MaxHolds)
        {
            foreach ((RepositoryName, Credential) held in _holds.Keys)
            {
                Remaining(held);
            }

            if (_holds.Count >= MaxHolds)
            {
                _holds.Clear();
            }
        }

        _holds[(repository, credential)] = (time.GetTimestamp(), wait < s_longest ? wait : s_longest);
    }
}
