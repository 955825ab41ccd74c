using System.Globalization;

namespace Waystation.Ratios.Measures;

/// <summary>What the innermost parts cost, as <c>bench/Micro</c> measures and prints it; it decides itself how often it repeats.</summary>
internal static class MicroBenchmarks
{
    private static readonly char[] Between = [' ', '(', '–', ')'];

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        string program = Path.Combine(Checkout.Root, "artifacts", "bin", "Micro", "release", "Waystation.Micro");
        CommandResult micro = await new Command(program, stage.IsQuick ? ["--quick"] : [])
        {
            Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot, ["HOME"] = stage.Folder.FullPath },
            Timeout = TimeSpan.FromMinutes(10),
        }.MustRunAsync();
        foreach (string line in micro.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2))
        {
            string[] cells = [.. line.Trim('|').Split('|', StringSplitOptions.TrimEntries)];
            table.Add(new Row($"{cells[0]}, {cells[1]} bytes") { Ours = $"{cells[2]} ns, {cells[4]} bytes allocated", Compared = Read(cells[3]), Format = "0.#", Unit = "MB/s" });
        }
    }

    /// <summary>A median with the least and the most, as the table of the other program has them.</summary>
    private static Samples Read(string cell)
    {
        var samples = new Samples();
        foreach (string figure in cell.Split(Between, StringSplitOptions.RemoveEmptyEntries))
            samples.Add(double.Parse(figure, CultureInfo.InvariantCulture));
        return samples;
    }
}
