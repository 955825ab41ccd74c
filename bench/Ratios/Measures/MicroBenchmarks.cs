using System.Globalization;

namespace Waystation.Ratios.Measures;

/// <summary>
/// What the innermost parts cost, as <c>bench/Micro</c> measures and prints it; it decides itself how often it repeats. In another process
/// the same code lies elsewhere in memory and may take another time, so several are asked.
/// </summary>
internal static class MicroBenchmarks
{
    private static readonly char[] s_between = [' ', '(', '–', ')'];

    public static async Task MeasureAsync(Stage stage, int _, Table table)
    {
        var parts = new Dictionary<string, Part>(StringComparer.Ordinal);
        for (int run = 0; run < (stage.IsQuick ? 1 : Settings.FewestSamples); run++)
        {
            foreach (string line in (await RunAsync(stage)).OutputLines.Skip(2))
            {
                string[] cells = [.. line.Trim('|').Split('|', StringSplitOptions.TrimEntries)];
                string what = $"{cells[0]}, {cells[1]} bytes";
                if (!parts.TryGetValue(what, out Part? part))
                {
                    parts.Add(what, part = new Part(new Samples(), new Samples(), cells[4]));
                }

                Read(cells[2], part.Nanoseconds);
                Read(cells[3], part.Speed);
            }
        }

        foreach ((string what, Part part) in parts)
        {
            table.Add(
                new Row(what)
                {
                    Ours = $"{part.Nanoseconds.Say("0")} ns, {part.Allocated} bytes allocated",
                    Compared = part.Speed,
                    Format = "0.#",
                    Unit = "MB/s",
                }
            );
        }
    }

    private static Task<CommandResult> RunAsync(Stage stage) =>
        new Command(
            Path.Combine(Checkout.Root, "artifacts", "bin", "Micro", "release", "Waystation.Micro"),
            stage.IsQuick ? ["--quick"] : []
        )
        {
            Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot, ["HOME"] = stage.Folder.FullPath },
            Timeout = TimeSpan.FromMinutes(10),
        }.MustRunAsync();

    /// <summary>A median with the least and the most, as the table of the other program has them.</summary>
    private static void Read(string cell, Samples samples)
    {
        foreach (string figure in cell.Split(s_between, StringSplitOptions.RemoveEmptyEntries))
        {
            samples.Add(double.Parse(figure, CultureInfo.InvariantCulture));
        }
    }

    private sealed record Part(Samples Nanoseconds, Samples Speed, string Allocated);
}
