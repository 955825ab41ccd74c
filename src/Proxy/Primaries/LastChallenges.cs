using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Primitives;
using Waystation.CacheStore;

namespace Waystation.Proxy.Primaries;

/// <summary>
/// How the primary last asked for a credential, by repository (401 and its <c>WWW-Authenticate</c>): said again where it cannot say it itself, so
/// that git sends the credential that it has.
/// </summary>
internal sealed class LastChallenges
{
    private const int MaxChallenges = 16_384;

    /// <summary>Longer than any honest one; it bounds what is kept.</summary>
    private const int MaxLength = 4_096;

    private readonly ConcurrentDictionary<RepositoryName, StringValues> _challenges = new();

    /// <summary>The values of the field; null where none is known.</summary>
    public StringValues? Find(RepositoryName repository) => _challenges.TryGetValue(repository, out StringValues challenge) ? challenge : default(StringValues?);

    public void Note(RepositoryName repository, HttpResponseMessage response)
    {
        if (response.StatusCode != HttpStatusCode.Unauthorized || !response.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var values))
        {
            return;
        }

        string[] said = [.. values];
        if (said.Sum(static value => value.Length) > MaxLength)
        {
            return;
        }

        if (_challenges.Count >= MaxChallenges && !_challenges.ContainsKey(repository))
        {
            _challenges.Clear();
        }

        _challenges[repository] = said;
    }
}
