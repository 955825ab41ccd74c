using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Primitives;
using Waystation.CacheStore;
using Waystation.Primaries.Gate;

namespace Waystation.Primaries.Http;

/// <summary>
/// How the primary last asked for a credential (401 and its <c>WWW-Authenticate</c>), by repository and by the name that the client
/// called the node: said again where it cannot say it itself, so that git sends the credential that it has. Only what was said to a
/// request without a credential counts: the rest is about somebody.
/// </summary>
public sealed class LastChallenges
{
    private const int MaxChallenges = 16_384;

    /// <summary>More names than a node is honestly called by; clients may invent any.</summary>
    private const int MaxNames = 1_024;

    /// <summary>Longer than any honest one; it bounds what is kept.</summary>
    private const int MaxLength = 4_096;

    private readonly ConcurrentDictionary<(RepositoryName, string), StringValues> _challenges = new();
    private readonly ConcurrentDictionary<string, StringValues> _last = new(StringComparer.Ordinal);

    /// <summary>The values of the field; null where none is known.</summary>
    /// <param name="repository">Where.</param>
    /// <param name="name">Scheme and name by which the client called the node: the primary may write its realm by them.</param>
    public StringValues? Find(RepositoryName repository, string name) =>
        _challenges.TryGetValue((repository, name), out StringValues challenge) ? challenge : default(StringValues?);

    /// <summary>
    /// What it asked last of those who call the node so, for whichever repository: anybody may ask for repositories that are not there
    /// until no more are remembered. Null where nothing is known.
    /// </summary>
    public StringValues? LastUnder(string name) => _last.TryGetValue(name, out StringValues challenge) ? challenge : default(StringValues?);

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

        Remember(_last, name, said, MaxNames);
        Remember(_challenges, (read.Repository, name), said, MaxChallenges);
    }

    /// <summary>Full: what is known stays, for strangers can fill it.</summary>
    private static void Remember<TKey>(ConcurrentDictionary<TKey, StringValues> challenges, TKey key, string[] said, int most)
        where TKey : notnull
    {
        if (challenges.Count < most || challenges.ContainsKey(key))
        {
            challenges[key] = said;
        }
    }
}
