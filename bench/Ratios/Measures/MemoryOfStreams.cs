namespace Waystation.Ratios.Measures;

/// <summary>The most memory that the node holds while it serves many streams, of a large and of a small pack, against the same node before it had served anybody.</summary>
internal static class MemoryOfStreams
{
    private const int Streams = 8;

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        await MeasureAsync(stage, samples, table, await WarmAnswer.MakeAsync(stage, await stage.LargeAsync(), "large"));
        await MeasureAsync(stage, samples, table, await WarmAnswer.MakeAsync(stage, await stage.BusyAsync(), "shallow", depth: 1));
    }

    private static async Task MeasureAsync(Stage stage, int samples, Table table, WarmAnswer answer)
    {
        const double MiB = 1 << 20;
        Samples above = new(), peak = new();
        for (int sample = -1; sample < samples; sample++)
        {
            await answer.AuthoriseAsync(stage.Node.Url);
            stage.Node.ForgetPeak();
            await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => answer.FetchAuthorisedAsync(stage.Node.Url)));
            if (sample < 0)
                continue;
            above.Add((stage.Node.PeakResidentBytes - stage.IdleBytes) / MiB);
            peak.Add(stage.Node.PeakResidentBytes / MiB);
        }

        table.Add(new Row($"memory while serving {Streams} streams of {answer.Bytes / 1e6:0} MB, MiB") { Ours = $"peak {peak.Say("0")}", Rival = $"idle, before all: {stage.IdleBytes / MiB:0}", Compared = above, Format = "0", Unit = "MiB more" });
    }
}
