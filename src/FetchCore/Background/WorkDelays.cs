using System.Diagnostics.CodeAnalysis;

namespace Waystation.FetchCore.Background;

/// <summary>The waits between the tries of work that failed.</summary>
internal static class WorkDelays
{
    /// <summary>The longest wait.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(5);

    /// <summary>Twice as long each time, up to an hour, and half of it by chance.</summary>
    /// <param name="failures">Failures in a row, 1 or more.</param>
    [SuppressMessage("Security", "CA5394", Justification = "It spreads load and keeps no secret.")]
    public static TimeSpan After(int failures)
    {
        TimeSpan full = failures > 12 ? Longest : s_first * Math.Pow(2, failures - 1);
        full = full > Longest ? Longest : full;
        return full * (0.5 + (Random.Shared.NextDouble() / 2));
    }
}
