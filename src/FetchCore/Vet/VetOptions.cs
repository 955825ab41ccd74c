using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Options;

namespace Waystation.FetchCore.Vet;

/// <summary>The section <c>Vet</c>.</summary>
public sealed class VetOptions
{
    internal const int StepsOfRound = 12;

    private static readonly TimeSpan s_shortestStep = TimeSpan.FromMilliseconds(200);

    /// <summary>The length of a round.</summary>
    [Setting(
        "The time between two comparisons of a mirror in use with the primary. They need the service credential.",
        Page = "operations.md#kept-warm"
    )]
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan Every { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>The time for one pass of scrubbing.</summary>
    [Setting(
        "The time in which the node reads every file of its store once and compares it with its checksum.",
        Page = "operations.md#scrubbing"
    )]
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan ScrubWithin { get; init; } = TimeSpan.FromHours(20);

    /// <summary>The time between two looks at what is due: a round has twelve, so a mirror that is due waits for no more of it.</summary>
    internal TimeSpan Step => Every / StepsOfRound is var step && step > s_shortestStep ? step : s_shortestStep;
}
