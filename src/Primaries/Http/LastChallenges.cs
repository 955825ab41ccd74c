using System.Net;
using Microsoft.Extensions.Primitives;
using Waystation.CacheStore;
using Waystation.CacheStore.Flights;
using Waystation.Primaries.Gate;

namespace Waystation.Primaries.Http;

/// <summary>
/// The last challenges of the primary (401 and its <c>WWW-Authenticate</c>), by repository and by the name that the client called the node.
/// In an outage the node repeats them, so that git sends its credential. Only challenges to requests without a credential count, because
/// others concern one client.
/// </summary>
public sealed class LastChallenges(TimeProvider time)
{
    private const int MaxChallenges = 16_384;

    /// <summary>More names than a node is honestly called by; clients may invent any.</summary>
    private const int MaxNames = 1_024;

    /// <summary>The longest value, longer than honest ones; it bounds the memory.</summary>
    private const int MaxLength = 4_096;

    /// <summary>Longer than any outage; each clone without a credential renews it.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromDays(30);

    private readonly RecentMap<(RepositoryName, string), StringValues> _challenges = new(MaxChallenges, s_memory, time);
    private readonly RecentMap<string, StringValues> _last = new(MaxNames, s_memory, time);

    /// <summary>The values of the field; null if none is known.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="name">Scheme and name by which the client called the node: the primary may write its realm by them.</param>
    public StringValues? Find(RepositoryName repository, string name) =>
        _challenges.TryGet((repository, name), out StringValues challenge) ? challenge : default(StringValues?);

    /// <summary>
    /// The last challenge under this name of the node, for any repository: a stranger may ask for missing repositories until no more
    /// challenges are remembered. Null if none is known.
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
