using Waystation.CacheStore;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Background;

/// <summary>One kind of work, as <see cref="WorkQueue"/> runs it.</summary>
public abstract class RepositoryWork
{
    /// <summary>Its name.</summary>
    public abstract WorkKind Kind { get; }

    /// <summary>The lane in which it waits.</summary>
    public abstract WorkLane Lane { get; }

    /// <summary>Does the work. Any exception is a failure, after which the work is tried again later.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="stopping">The node stops, or the work was cancelled.</param>
    public abstract Task RunAsync(RepositoryName repository, CancellationToken stopping);
}
