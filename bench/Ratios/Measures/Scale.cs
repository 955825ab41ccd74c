using System.Diagnostics;
using System.Globalization;

namespace Waystation.Ratios.Measures;

/// <summary>
/// The published program with very many mirrors, each compared with the primary by the vet, and nobody who asks for anything: what a
/// restart costs, and what an hour costs.
/// </summary>
internal static class Scale
{
    private const int Mirrors = 10_000,
        QuickMirrors = 1_000;

    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(20),
        s_watched = TimeSpan.FromSeconds(60);

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        int count = stage.IsQuick ? QuickMirrors : Mirrors;
        await using ManyMirrors many = await ManyMirrors.MakeAsync(stage, count);
        Samples seconds = new();
        for (int sample = 0; sample < samples; sample++)
        {
            await many.Node.StopAsync();
            File.Delete(many.GitRuns);
            long begun = Stopwatch.GetTimestamp();
            await many.Node.StartAgainAsync();
            seconds.Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
        }

        await Task.Delay(s_settling);
        double before = CpuTime.OfProcess(many.Node.ProcessId);
        await Task.Delay(s_watched);
        double cpu = CpuTime.OfProcess(many.Node.ProcessId) - before;
        string with = string.Create(CultureInfo.InvariantCulture, $"with {count:#,0} mirrors");
        table.Add(
            new Row($"restart {with}, to ready")
            {
                Compared = seconds,
                Unit = "s",
                Bar = Bar.AtMost(2),
            }
        );
        table.Add(
            new Row($"git processes after a restart {with}, in {(s_settling + s_watched).TotalSeconds:0} s")
            {
                Compared = Samples.Of(File.Exists(many.GitRuns) ? File.ReadAllLines(many.GitRuns).Length : 0),
                Format = "0",
                Bar = Bar.AtMost(0),
            }
        );
        table.Add(
            new Row($"idle {with}, the vet on")
            {
                Compared = Samples.Of(100 * cpu / s_watched.TotalSeconds),
                Unit = "% of a core",
                Bar = Bar.AtMost(1),
            }
        );
        table.Add(
            new Row($"resident memory {with}, idle")
            {
                Compared = Samples.Of(many.Node.ResidentBytes / 1048576.0),
                Format = "0",
                Unit = "MiB",
                Bar = Bar.AtMost(200),
            }
        );
    }
}
