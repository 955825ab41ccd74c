using Waystation.Proxy.Admin.Pages;

namespace Waystation.Proxy.Dashboard.Pages;

/// <summary>A repository in the list.</summary>
/// <param name="Status">What the node keeps of it, and how it fares.</param>
/// <param name="Kind">The kind of its health: <c>good</c>, <c>busy</c>, <c>idle</c>, <c>warn</c> or <c>bad</c>.</param>
/// <param name="Health">Its health in a word or two.</param>
internal sealed record RepositoryRow(RepositoryStatus Status, string Kind, string Health)
{
    /// <summary>Whether there is a mirror.</summary>
    public bool HasMirror => Status.ObjectFormat is not null;

    /// <summary>How long its mirror is known to lack refs of the primary; null if nothing is known to lack.</summary>
    public TimeSpan? Lag => Status.LagSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
}
