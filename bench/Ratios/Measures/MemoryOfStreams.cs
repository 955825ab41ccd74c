namespace Waystation.Ratios.Measures;

/// <summary>How far the node's resident memory rises while it serves many streams, of a large and of a small pack.</summary>
internal static class MemoryOfStreams
{
    private const int Streams = 8;

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        await MeasureAsync(stage, samples, table, await WarmAnswer.MakeAsync(stage, stage.Large, "large"));
        await MeasureAsync(stage, samples, table, await WarmAnswer.MakeAsync(stage, stage.Busy, "shallow", depth: 1));
    }

    private static async Task MeasureAsync(Stage stage, int samples, Table table, WarmAnswer answer)
    {
        Samples growth = new(), peak = new();
        for (int sample = -1; sample < samples; sample++)
        {
            await answer.AuthoriseAsync(stage.Node.Url);
            long before = stage.Node.ResidentBytes;
            stage.Node.ForgetPeak();
            await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => answer.FetchAuthorisedAsync(stage.Node.Url)));
            if (sample < 0)
                continue;
            growth.Add(Math.Max(0, stage.Node.PeakResidentBytes - before) / (double)(1 << 20));
            peak.Add(stage.Node.PeakResidentBytes / (double)(1 << 20));
        }

        table.Add($"memory while serving {Streams} streams of {answer.Bytes / 1e6:0} MB, MiB", $"peak {peak.Say("0")}", "", $"{growth.Say("0.0")} MiB more than before");
    }
}
