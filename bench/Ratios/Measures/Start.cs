using System.Diagnostics;

namespace Waystation.Ratios.Measures;

/// <summary>The published program, as a package installs it: the time until it is ready, and the memory that it holds then.</summary>
internal static class Start
{
    /// <summary>The node looks at its memory every two seconds and gives back what its start has left.</summary>
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(6);

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        await using WaystationNode node = await WaystationNode.StartAsync(stage.Primary.Url, new NodeSettings());
        Samples seconds = new(),
            mebibytes = new();
        for (int sample = 0; sample < samples; sample++)
        {
            await node.StopAsync();
            long begun = Stopwatch.GetTimestamp();
            await node.StartAgainAsync();
            seconds.Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
            await Task.Delay(s_settling);
            mebibytes.Add(node.ResidentBytes / 1048576.0);
        }

        table.Add(
            new Row("start of the published program, to ready")
            {
                Compared = seconds,
                Unit = "s",
                Bar = Bar.AtMost(0.4),
            }
        );
        table.Add(
            new Row("resident memory of the published program, idle")
            {
                Compared = mebibytes,
                Format = "0",
                Unit = "MiB",
                Bar = Bar.AtMost(90),
            }
        );
        table.Add(
            new Row("size of the published folder")
            {
                Compared = Samples.Of(
                    new DirectoryInfo(Path.GetDirectoryName(Checkout.Program)!)
                        .EnumerateFiles("*", SearchOption.AllDirectories)
                        .Sum(static file => file.Length) / 1e6
                ),
                Format = "0",
                Unit = "MB",
            }
        );
    }
}
