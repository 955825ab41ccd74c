using Waystation.CacheStore;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Background;

/// <summary>
/// The places for running work: so many in each lane, so many for each primary, and one for each repository. Lanes keep large work from
/// delaying small work. A prefetch takes hours and changes no mirror, so it takes no place of its repository from other work.
/// </summary>
internal sealed class WorkLanes
{
    private readonly WorkOptions _options;
    private readonly HashSet<(RepositoryName Repository, bool IsPrefetch)> _busy = [];
    private readonly Dictionary<WorkLane, int> _lanes = [];
    private readonly Dictionary<string, int> _primaries = new(StringComparer.Ordinal);

    /// <param name="options">How many places there are.</param>
    /// <param name="running">The work that runs already, with its lanes.</param>
    public WorkLanes(WorkOptions options, IEnumerable<(WorkLane Lane, RepositoryName Repository)> running)
    {
        _options = options;
        foreach ((WorkLane lane, RepositoryName repository) in running)
        {
            Enter(lane, repository);
        }
    }

    /// <summary>Takes a place; false if there is none.</summary>
    public bool TryEnter(WorkLane lane, RepositoryName repository)
    {
        if (
            _lanes.GetValueOrDefault(lane) >= PlacesOf(lane)
            || _primaries.GetValueOrDefault(repository.Host) >= _options.PerPrimary
            || _busy.Contains((repository, lane == WorkLane.Prefetch))
        )
        {
            return false;
        }

        Enter(lane, repository);
        return true;
    }

    private int PlacesOf(WorkLane lane) =>
        lane switch
        {
            WorkLane.Small => _options.Small,
            WorkLane.Large => _options.Large,
            _ => _options.Prefetch,
        };

    private void Enter(WorkLane lane, RepositoryName repository)
    {
        _busy.Add((repository, lane == WorkLane.Prefetch));
        _lanes[lane] = _lanes.GetValueOrDefault(lane) + 1;
        _primaries[repository.Host] = _primaries.GetValueOrDefault(repository.Host) + 1;
    }
}
