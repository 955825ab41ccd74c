using Waystation.CacheStore;

namespace Waystation.FetchCore.Primaries;

/// <summary>
/// News of how much history the primary has. A repository that is shallow there says so in an advertisement of v0 and v1, and in a response
/// to a fetch; a response to <c>ls-refs</c> has no word for it. Each reader of such a response tells it here.
/// </summary>
public sealed class PrimaryHistory
{
    private Action<RepositoryName, bool>? _whenTold;

    /// <summary>Has <paramref name="hear"/> told of each response that says it.</summary>
    public void WhenTold(Action<RepositoryName, bool> hear) => _whenTold += hear;

    /// <summary>A response of the primary says whether the repository is shallow there.</summary>
    public void Tell(RepositoryName repository, bool isShallow) => _whenTold?.Invoke(repository, isShallow);
}
