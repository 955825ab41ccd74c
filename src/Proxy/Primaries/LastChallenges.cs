using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Primitives;
using Waystation.CacheStore;

namespace Waystation.Proxy.Primaries;

/// <summary>
/// How the primary last asked for a credential (401 and its <c>WWW-Authenticate</c>), by repository and by the name that the client
/// called the node: said again where it cannot say it itself, so that git sends the credential that it has. Only what was said to a
/// request without a credential counts: the rest is about somebody.
/// </summary>
internal sealed class LastChallenges
{
    private const int MaxChallenges = 16_384;

    /// <summary>Longer than any honest one; it bounds what is kept.</summary>
    private const int MaxLength = 4_096;

    private readonly ConcurrentDictionary<(RepositoryName, string), StringValues> _challenges = new();

    /// <summary>The values of the field; null where none is known.</summary>
    /// <param name="repository">Where.</param>
    /// <param name="name">Scheme and name by which the client called the node: the primary may write its realm by them.</param>
    public StringValues? Find(RepositoryName repository, string name) =>
        _challenges.TryGetValue((repository, name), out StringValues challenge) ? challenge : default(StringValues?);

    public void Note(UpstreamRead read, HttpResponseMessage response)
    {
        if (response.StatusCode != HttpStatusCode.Unauthorized || !read.Credential.IsAnonymous || read.CalledBy is not { } name
            || !response.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var values))
        {
            return;
        }

        string[] said = [.. values];
        if (said.Sum(static value => value.Length) > MaxLength)
        {
            return;
        }

        (RepositoryName, string) key = (read.Repository, name);
        if (_challenges.Count >= MaxChallenges && !_challenges.ContainsKey(key))
        {
            _challenges.Clear();
        }

        _challenges[key] = said;
    }
}
