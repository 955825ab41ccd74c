using System.Diagnostics;
using System.Globalization;

namespace Waystation.Ratios.Measures;

/// <summary>A commit is made, and N jobs at once want it with <c>--depth 1</c>: 1, 16, 64 and 256 of them, through the node and
/// direct.</summary>
internal static class Herd
{
    private static readonly int[] s_sizes = [1, 16, 64, 256],
        s_quickSizes = [16];

    public static async Task MeasureAsync(Stage stage, int _, Table table)
    {
        PrimaryRepository repository = await stage.OnceAsync(
            "herd",
            static async (stage, made) =>
            {
                await SourceTree.Narrow.ImportAsync(made, stage.Folder);
                await SourceTree.TidyAsync(made);
            }
        );
        using var client = new HttpClient { Timeout = TimeSpan.FromMinutes(10) };
        await Conversation.CloneAsync(
            client,
            stage.Node.UrlOf(repository).AbsoluteUri,
            FetchBody.Clone(await repository.ResolveAsync("refs/heads/main"))
        );
        var chart = new BarChart("herd", "N `--depth 1` clones at once of a new commit: seconds until the last client has it");
        foreach (int size in stage.IsQuick ? s_quickSizes : s_sizes)
        {
            Samples ours = new(),
                theirs = new(),
                packs = new(),
                cpu = new(),
                directCpu = new(),
                slowest = new();
            // Hundreds of packs made by the primary take minutes.
            for (int sample = -1; sample < Settings.FewestSamples; sample++)
            {
                Figures through = await RunAsync(stage, client, stage.Node.Url, repository, size),
                    direct = await RunAsync(stage, client, stage.Primary.Url, repository, size);
                if (sample < 0)
                {
                    continue;
                }

                ours.Add(through.Seconds);
                theirs.Add(direct.Seconds);
                packs.Add(through.Packs);
                cpu.Add(through.CpuSeconds);
                directCpu.Add(direct.CpuSeconds);
                slowest.Add(through.P95);
            }

            string what = string.Create(CultureInfo.InvariantCulture, $"herd of {size} cold `--depth 1` clones");
            table.Add(
                new Row($"{what}, s until the last client has it")
                {
                    Ours = ours.Say(),
                    Rival = $"direct: {theirs.Say()}",
                    Compared = theirs.Over(ours),
                    Format = "0.0",
                    Unit = $"× faster; p95 {slowest.Say()} s",
                }
            );
            table.Add(
                new Row($"{what}: packs")
                {
                    Compared = packs,
                    Format = "0",
                    Unit = "made at the primary",
                    Bar = Bar.AtMost(1),
                }
            );
            table.Add(
                new Row($"{what}: CPU of all servers, s")
                {
                    Ours = cpu.Say(),
                    Rival = $"direct: {directCpu.Say()}",
                    Compared = directCpu.Over(cpu),
                    Format = "0.0",
                    Unit = "× less",
                }
            );
            chart
                .With(string.Create(CultureInfo.InvariantCulture, $"{size} through waystation"), ours, isOurs: true)
                .With(string.Create(CultureInfo.InvariantCulture, $"{size} direct"), theirs);
        }

        stage.Add(chart);
    }

    private static async Task<Figures> RunAsync(Stage stage, HttpClient client, Uri door, PrimaryRepository repository, int size)
    {
        byte[] fetch = FetchBody.Clone(await repository.CommitAsync(), depth: 1);
        string url = door.To(repository).AbsoluteUri;
        double cpuBefore = Cpu(stage);
        int packsBefore = repository.PacksMade;
        long begun = Stopwatch.GetTimestamp();
        Exchange[] clones = await Task.WhenAll(Enumerable.Range(0, size).Select(_ => Conversation.CloneAsync(client, url, fetch)));
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        await PrimaryUse.SettleAsync(stage);
        return new Figures(
            seconds,
            repository.PacksMade - packsBefore,
            Cpu(stage) - cpuBefore,
            Samples.Percentile([.. clones.Select(static clone => clone.Milliseconds / 1000)], 0.95)
        );
    }

    private static double Cpu(Stage stage) => CpuTime.OfProcess(stage.Node.ProcessId) + CpuTime.OfSession(stage.Primary.ProcessId);

    private sealed record Figures(double Seconds, int Packs, double CpuSeconds, double P95);
}
