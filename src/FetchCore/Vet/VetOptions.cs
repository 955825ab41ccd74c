using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Options;

namespace Waystation.FetchCore.Vet;

/// <summary>The section <c>Vet</c>.</summary>
public sealed class VetOptions
{
    /// <summary>The length of a round.</summary>
    [Setting(
        "The time between two comparisons of a mirror in use with the primary. They need the service credential.",
        Page = "operations.md#kept-warm"
    )]
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan Every { get; init; } = TimeSpan.FromMinutes(3);
}
