using Waystation.CacheStore;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Background;

/// <summary>One kind of work, as <see cref="WorkQueue"/> runs it.</summary>
public abstract class RepositoryWork
{
    /// <summary>Its name.</summary>
    public abstract WorkKind Kind { get; }

    /// <summary>With what it waits in line.</summary>
    public abstract WorkLane Lane { get; }

    /// <summary>Does it; whatever it throws is a failure, and it is tried again later.</summary>
    /// <param name="repository">To which repository.</param>
    /// <param name="stopping">The node stops, or the work is not wanted any more.</param>
    public abstract Task RunAsync(RepositoryName repository, CancellationToken stopping);
}
