using Waystation.CacheStore;
using Waystation.CacheStore.Flights;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.Primaries.Gate;

/// <summary>
/// Credentials that the primary has told to come again later (429, RFC 6585), by repository: until then the node asks nothing of that
/// repository with the credential. For another repository the primary may answer differently.
/// </summary>
public sealed class RetryAfterTable(TimeProvider time)
{
    /// <summary>Guards memory: the primary must have answered each credential, but a client may invent any number.</summary>
    private const int MaxHolds = 65_536;

    /// <summary>The longest hold; after it the primary is asked again.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(1);

    private readonly RecentMap<(RepositoryName, Credential), Hold> _holds = new(MaxHolds, s_longest, time);

    /// <exception cref="PrimaryBusyException">The credential is held.</exception>
    public void ThrowIfHeld(RepositoryName repository, Credential credential)
    {
        (RepositoryName, Credential) asker = (repository, credential);
        if (!_holds.TryGet(asker, out Hold? hold))
        {
            return;
        }

        if (hold.For - time.GetElapsedTime(hold.Since) is var remaining && remaining > TimeSpan.Zero)
        {
            // Set again by each asker, so that strangers do not push out a hold that is in use.
            _holds.Set(asker, hold);
            throw new PrimaryBusyException("it answers 429", remaining);
        }

        _holds.Remove(asker);
    }

    /// <summary>Holds a credential for the time that the primary named.</summary>
    public void Begin(RepositoryName repository, Credential credential, TimeSpan wait) =>
        _holds.Set((repository, credential), new Hold(time.GetTimestamp(), wait < s_longest ? wait : s_longest));

    private sealed record Hold(long Since, TimeSpan For);
}
