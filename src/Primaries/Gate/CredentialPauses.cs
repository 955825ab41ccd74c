using Waystation.CacheStore;
using Waystation.CacheStore.Flights;
using Waystation.FetchCore.Access;

namespace Waystation.Primaries.Gate;

/// <summary>
/// In an outage in which the primary's address still answers, each credential's own question is sent. A credential that has just failed
/// waits a moment before its next question, because the node would learn nothing more about it.
/// </summary>
public sealed class CredentialPauses(TimeProvider time)
{
    /// <summary>Guards memory. A forgotten pause costs one question.</summary>
    private const int MaxPauses = 65_536;

    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(15);

    /// <summary>A pause is kept as long as it doubles the next one.</summary>
    private readonly RecentMap<(RepositoryName, Credential), Pause> _pauses = new(MaxPauses, s_longest * 2, time);

    /// <summary>Whether this credential's question failed so lately that it is not sent again.</summary>
    public bool IsPaused(RepositoryName repository, Credential credential) =>
        _pauses.TryGet((repository, credential), out Pause? pause) && time.GetElapsedTime(pause.Since) < pause.For;

    /// <summary>Its question failed in an outage: the pause is twice the last one, unless that was long ago.</summary>
    public void Begin(RepositoryName repository, Credential credential) =>
        _pauses.Update((repository, credential), last => new Pause(time.GetTimestamp(), Next(last)));

    /// <summary>Its question was answered.</summary>
    public void End(RepositoryName repository, Credential credential) => _pauses.Remove((repository, credential));

    private TimeSpan Next(Pause? last) =>
        last is null || time.GetElapsedTime(last.Since) > last.For + s_longest ? s_shortest
        : last.For * 2 < s_longest ? last.For * 2
        : s_longest;

    private sealed record Pause(long Since, TimeSpan For);
}
