using System.Globalization;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Packs;

/// <summary>The one line that tells the user how the fetch was served.</summary>
public static class ServedBy
{
    private static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>Such as <c>waystation: served from cache (187 MiB, made 2 min ago)</c>.</summary>
    public static string Line(FetchAnswer.Pack answer, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return answer.Outcome switch
        {
            _ when answer.Outage is { } outage => $"waystation: {outage.Primary} cannot be reached; refs as of {Ago(outage.Age)} ago",
            FetchOutcome.Hit =>
                $"waystation: served from cache ({Size(answer.Reader.PackLength ?? 0)}, made {Ago(now - answer.Reader.MadeAt)} ago)",
            FetchOutcome.Local => "waystation: made on this node from its mirror",
            FetchOutcome.Join => "waystation: joined a pack that is being made for another client",
            FetchOutcome.Peer => "waystation: served by another node of the farm",
            _ => "waystation: made by the primary",
        };
    }

    private static string Size(long bytes)
    {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < s_units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return $"{value.ToString(value >= 100 || unit == 0 ? "0" : "0.#", CultureInfo.InvariantCulture)} {s_units[unit]}";
    }

    private static string Ago(TimeSpan age) =>
        age switch
        {
            { TotalDays: >= 2 } => $"{(int)age.TotalDays} days",
            { TotalHours: >= 2 } => $"{(int)age.TotalHours} h",
            { TotalMinutes: >= 2 } => $"{(int)age.TotalMinutes} min",
            _ => $"{Math.Max(0, (int)age.TotalSeconds)} s",
        };
}
