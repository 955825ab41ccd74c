using System.Net;
using System.Net.Http.Headers;
using Waystation.Primaries.Gate;

namespace Waystation.Primaries.Http;

/// <summary>The <c>Retry-After</c> field of an answer (RFC 9110, section 10.2.3).</summary>
public static class RetryAfter
{
    /// <summary>How long an answer asks to wait, in seconds or as a date (RFC 9110, section 10.2.3); null where it does not, or not for the
    /// future.</summary>
    public static TimeSpan? WaitOf(HttpResponseMessage response, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(time);
        // Read from the raw field: a header that was parsed is written anew, and not as the primary wrote it.
        TimeSpan? wait =
            response.Headers.NonValidated.TryGetValues("Retry-After", out HeaderStringValues said)
            && RetryConditionHeaderValue.TryParse(said.ToString(), out RetryConditionHeaderValue? after)
                ? after.Delta ?? (after.Date - time.GetUtcNow())
                : null;
        return wait > TimeSpan.Zero ? wait : null;
    }

    /// <summary>Holds the credential of a read that was answered 429, for as long as the answer says.</summary>
    internal static void Note(RetryAfterTable holds, UpstreamRead read, HttpResponseMessage response, TimeProvider time)
    {
        if (response.StatusCode == HttpStatusCode.TooManyRequests && WaitOf(response, time) is { } wait)
        {
            holds.Begin(read.Repository, read.Credential, wait);
        }
    }
}
