using System.Net;
using Microsoft.Extensions.Primitives;
using Waystation.CacheStore;
using Waystation.CacheStore.Flights;
using Waystation.Primaries.Gate;

namespace Waystation.Primaries.Http;

/// <summary>
/// How the primary last asked for a credential (401 and its <c>WWW-Authenticate</c>), by repository and by the name that the client
/// called the node: said again where it cannot say it itself, so that git sends the credential that it has. Only what was said to a
/// request without a credential counts: the rest is about somebody.
/// </summary>
public sealed class LastChallenges(TimeProvider time)
{
    private const int MaxChallenges = 16_384;

    /// <summary>More names than a node is honestly called by; clients may invent any.</summary>
    private const int MaxNames = 1_024;

    /// <summary>Longer than any honest one; it bounds what is kept.</summary>
    private const int MaxLength = 4_096;

    /// <summary>Longer than any outage: a challenge is said anew to each clone that comes without a credential.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromDays(30);

    private readonly RecentMap<(RepositoryName, string), StringValues> _challenges = new(MaxChallenges, s_memory, time);
    private readonly RecentMap<string, StringValues> _last = new(MaxNames, s_memory, time);

    /// <summary>The values of the field; null where none is known.</summary>
    /// <param name="repository">Where.</param>
    /// <param name="name">Scheme and name by which the client called the node: the primary may write its realm by them.</param>
    public StringValues? Find(RepositoryName repository, string name) =>
        _challenges.TryGet((repository, name), out StringValues challenge) ? challenge : default(StringValues?);

    /// <summary>
    /// What it asked last of those who call the node so, for whichever repository: anybody may ask for repositories that are not there
    /// until no more are remembered. Null where nothing is known.
    /// </summary>
    public StringValues? LastUnder(string name) => _last.TryGet(name, out StringValues challenge) ? challenge : default(StringValues?);

    public void Note(UpstreamRead read, HttpResponseMessage response)
    {
        if (
            response.StatusCode != HttpStatusCode.Unauthorized
            || !read.Credential.IsAnonymous
            || read.CalledBy is not { } name
            || !response.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var values)
        )
        {
            return;
        }

        string[] said = [.. values];
        if (said.Sum(static value => value.Length) > MaxLength)
        {
            return;
        }

        _last.Set(name, said);
        _challenges.Set((read.Repository, name), said);
    }
}
