using System.Collections.Concurrent;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;

namespace Waystation.Primaries.Gate;

/// <summary>
/// In an outage in which something still answers for the primary everybody's own question is sent; who just failed waits a moment before
/// the next.
/// Until then nothing more can be learned of this credential.
/// </summary>
public sealed class CredentialPauses(TimeProvider time)
{
    /// <summary>Guards memory. To forget a pause costs one question.</summary>
    private const int MaxPauses = 65_536;

    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<(RepositoryName, Credential), (long Since, TimeSpan For)> _pauses = new();

    /// <summary>This credential's question failed so lately that it is not sent again.</summary>
    public bool IsPaused(RepositoryName repository, Credential credential) =>
        _pauses.TryGetValue((repository, credential), out (long Since, TimeSpan For) pause) && time.GetElapsedTime(pause.Since) < pause.For;

    /// <summary>Its question failed in an outage: the pause is twice the last one, unless that was long ago.</summary>
    public void Begin(RepositoryName repository, Credential credential)
    {
        if (_pauses.Count >= MaxPauses)
        {
            _pauses.Clear();
        }

        long now = time.GetTimestamp();
        _pauses.AddOrUpdate((repository, credential), _ => (now, s_shortest), (_, last) => (now, Next(last)));
    }

    /// <summary>Its question was answered.</summary>
    public void End(RepositoryName repository, Credential credential) => _pauses.TryRemove((repository, credential), out _);

    private TimeSpan Next((long Since, TimeSpan For) last) =>
        time.GetElapsedTime(last.Since) > last.For + s_longest ? s_shortest
        : last.For * 2 < s_longest ? last.For * 2
        : s_longest;
}
