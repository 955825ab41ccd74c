using System.Net;
using System.Net.Http.Headers;
using Waystation.Primaries.Gate;

namespace Waystation.Primaries.Http;

/// <summary>The <c>Retry-After</c> field of a response (RFC 9110, section 10.2.3).</summary>
public static class RetryAfter
{
    /// <summary>The wait that a response asks for, in seconds or as a date (RFC 9110, section 10.2.3); null if it asks for none, or for
    /// none
    /// in the future.</summary>
    public static TimeSpan? WaitOf(HttpResponseMessage response, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(response);
        ArgumentNullException.ThrowIfNull(time);
        // Read the raw field: a parsed header is written in another form than the primary's.
        TimeSpan? wait =
            response.Headers.NonValidated.TryGetValues("Retry-After", out HeaderStringValues said)
            && RetryConditionHeaderValue.TryParse(said.ToString(), out RetryConditionHeaderValue? after)
                ? after.Delta ?? (after.Date - time.GetUtcNow())
                : null;
        return wait > TimeSpan.Zero ? wait : null;
    }

    /// <summary>Holds back the credential of a read that got a 429, for as long as the response says.</summary>
    internal static void Note(RetryAfterTable holds, UpstreamRead read, HttpResponseMessage response, TimeProvider time)
    {
        if (response.StatusCode == HttpStatusCode.TooManyRequests && WaitOf(response, time) is { } wait)
        {
            holds.Begin(read.Repository, read.Credential, wait);
        }
    }
}
