using Waystation.CacheStore;

namespace Waystation.FetchCore.Primaries;

/// <summary>
/// Reports how much history the primary has. An advertisement of v0 and v1 and a response to a fetch show whether the repository is shallow
/// there; a response to <c>ls-refs</c> cannot. Each reader of such a response reports it here.
/// </summary>
public sealed class PrimaryHistory
{
    private Action<RepositoryName, bool>? _whenTold;

    /// <summary>Calls <paramref name="hear"/> for each response that shows whether a repository is shallow.</summary>
    public void WhenTold(Action<RepositoryName, bool> hear) => _whenTold += hear;

    /// <summary>A response of the primary shows whether the repository is shallow there.</summary>
    public void Tell(RepositoryName repository, bool isShallow) => _whenTold?.Invoke(repository, isShallow);
}
