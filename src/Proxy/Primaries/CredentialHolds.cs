using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;

namespace Waystation.Proxy.Primaries;

/// <summary>
/// Credentials that the primary has told to come again later (429, RFC 6585), by the repository that they asked for: until then nothing
/// is asked of it in their name. For another repository the primary may answer otherwise, and says so itself.
/// </summary>
internal sealed class CredentialHolds(TimeProvider time)
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

    /// <summary>How long an answer asks to wait, in seconds or as a date (RFC 9110, section 10.2.3); null where it does not, or not for the
    /// future.</summary>
    public static TimeSpan? WaitOf(HttpResponseMessage response, TimeProvider time)
    {
        // Read from the raw field: a header that was parsed is written anew, and not as the primary wrote it.
        TimeSpan? wait =
            response.Headers.NonValidated.TryGetValues("Retry-After", out HeaderStringValues said)
            && RetryConditionHeaderValue.TryParse(said.ToString(), out RetryConditionHeaderValue? after)
                ? after.Delta ?? (after.Date - time.GetUtcNow())
                : null;
        return wait > TimeSpan.Zero ? wait : null;
    }

    /// <summary>Takes <c>Retry-After</c> at its word.</summary>
    public void Note(RepositoryName repository, Credential credential, HttpResponseMessage response)
    {
        if (response.StatusCode != HttpStatusCode.TooManyRequests || WaitOf(response, time) is not { } wait)
        {
            return;
        }

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
