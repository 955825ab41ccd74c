using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Options;

namespace Waystation.FetchCore.Background;

/// <summary>The section <c>Work</c>: how much background work is done at once.</summary>
public sealed class WorkOptions
{
    private const string Page = "operations.md#kept-warm";

    /// <summary>Pieces of work of seconds at once.</summary>
    [Setting("Pieces of background work at once that take seconds, such as syncs.", Page = Page)]
    [Range(1, 1_024)]
    public int Small { get; init; } = 4;

    /// <summary>Pieces of work of minutes at once.</summary>
    [Setting("Pieces of background work at once that take minutes, such as first clones and repacks.", Page = Page)]
    [Range(1, 1_024)]
    public int Large { get; init; } = 2;

    /// <summary>Repositories whose LFS objects are fetched ahead at once.</summary>
    [Setting("Repositories at once whose Git LFS objects are fetched ahead.", Page = Page)]
    [Range(1, 1_024)]
    public int Prefetch { get; init; } = 1;

    /// <summary>Pieces of work at once that concern one primary.</summary>
    [Setting("Pieces of background work at once that ask the same primary.", Page = Page)]
    [Range(1, 1_024)]
    public int PerPrimary { get; init; } = 5;
}
