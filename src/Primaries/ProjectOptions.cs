using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Options;

namespace Waystation.Primaries;

/// <summary>The section <c>Primaries:0:Projects</c>: which repositories are cached. A change of the file holds without a restart.</summary>
public sealed class ProjectOptions
{
    private const string Page = "operations.md#kept-warm";

    [Setting("Globs of the repository paths to cache; * also matches slashes. Others are forwarded.", Default = "all", Page = Page)]
    [RepositoryGlob]
    public IReadOnlyList<string> Include { get; init; } = [];

    [Setting("Globs of repository paths that are forwarded and not cached.", Page = Page)]
    [RepositoryGlob]
    public IReadOnlyList<string> Exclude { get; init; } = [];

    [Setting(
        "How long the data of a repository stays on the disk that is not selected any more. It is forwarded from the first moment.",
        Page = Page
    )]
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00")]
    public TimeSpan RemoveAfter { get; init; } = TimeSpan.FromDays(1);
}
