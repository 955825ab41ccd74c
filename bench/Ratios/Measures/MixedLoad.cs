using Waystation.Ratios.Load;

namespace Waystation.Ratios.Measures;

/// <summary>The load of CI on one repository during pushes: once through the node, once directly at the primary.</summary>
internal static class MixedLoad
{
    private const double MiB = 1 << 20;

    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(30),
        s_warmUp = TimeSpan.FromSeconds(8),
        s_short = TimeSpan.FromSeconds(2);

    private static readonly string[] s_outcomes = ["hit", "join", "local", "forward", "bypass"];

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        using LoadScene scene = await LoadScene.SetUpAsync(stage);
        TimeSpan time = stage.IsQuick ? s_short : s_long;
        LoadSamples ours = new(),
            theirs = new();
        Samples peak = new(),
            above = new(),
            served = new();
        var outcomes = s_outcomes.ToDictionary(static outcome => outcome, static _ => new Samples());
        for (int sample = -1; sample < samples; sample++)
        {
            NodeMetrics before = await stage.Node.MetricsAsync();
            stage.Node.ForgetPeak();
            await RunAsync(scene.Node, sample, sample < 0 ? null : ours);
            double most = stage.Node.PeakResidentBytes;
            NodeMetrics after = await stage.Node.MetricsAsync();
            await RunAsync(scene.Primary, sample, sample < 0 ? null : theirs);
            if (sample < 0)
            {
                continue;
            }

            peak.Add(most / MiB);
            above.Add((most - stage.IdleBytes) / MiB);
            await TellBypassesAsync(before, after);
            double all = s_outcomes.Sum(outcome => after.Fetches(outcome) - before.Fetches(outcome));
            foreach (string outcome in s_outcomes)
            {
                outcomes[outcome].Add(100 * (after.Fetches(outcome) - before.Fetches(outcome)) / all);
            }

            served.Add(
                100
                    - (
                        (after.Fetches("forward") - before.Fetches("forward") + after.Fetches("bypass") - before.Fetches("bypass"))
                        * 100
                        / all
                    )
            );
        }

        Tell(table, time, ours, theirs);
        table.Add(
            new Row("its fetches without a pack made at the primary, %")
            {
                Ours = string.Join(", ", outcomes.Select(static outcome => $"{outcome.Key} {outcome.Value.Say("0.0")}")),
                Compared = served,
                Format = "0.0",
                Unit = "%",
            }
        );
        table.Add(
            new Row("its memory of the node, MiB")
            {
                Ours = $"peak {peak.Say("0")}",
                Rival = $"idle, before all: {stage.IdleBytes / MiB:0}",
                Compared = above,
                Format = "0",
                Unit = "MiB more",
            }
        );
        stage.Add(
            new BarChart("mixed", "Mixed CI load of 16 workers: 95 of 100 were served within, ms")
                .With("--depth 1, node", ours.ShallowClones[1], isOurs: true)
                .With("--depth 1, direct", theirs.ShallowClones[1])
                .With("ls-refs, node", ours.Listings[1], isOurs: true)
                .With("ls-refs, direct", theirs.Listings[1])
        );

        async Task RunAsync(LoadDoor door, int sample, LoadSamples? into)
        {
            using var client = new HttpClient();
            var run = new LoadRun(new LoadMix(door, scene.Recent, client));
            double primaryCpu = 0,
                nodeCpu = 0;
            PrimaryUse use = await PrimaryUse.DuringAsync(
                stage,
                scene.Project,
                async () =>
                {
                    (primaryCpu, nodeCpu) = Cpu(stage);
                    await run.RunAsync(scene.Pusher, sample < 0 && time > s_warmUp ? s_warmUp : time, seed: sample + 1);
                    await PrimaryUse.SettleAsync(stage); // what a run has begun is its own
                }
            );
            (double primaryAfter, double nodeAfter) = Cpu(stage);
            await Console.Error.WriteLineAsync(
                $"bench: mixed, {door.Name}: {run.Mix.Requests} answers, {run.Mix.Packs} with a pack, "
                    + $"{use.Packs} packs made, {run.Pushes} pushes"
            );
            into?.Add(run, use, primaryAfter - primaryCpu, nodeAfter - nodeCpu);
        }
    }

    /// <summary>Each of them cost the primary a pack, so one wants to know why.</summary>
    private static async Task TellBypassesAsync(NodeMetrics before, NodeMetrics after)
    {
        const string Bypasses = "waystation_bypasses_total",
            Reason = "reason";
        IReadOnlyDictionary<string, double> earlier = before.By(Bypasses, Reason);
        foreach ((string reason, double count) in after.By(Bypasses, Reason))
        {
            if (count > earlier.GetValueOrDefault(reason))
            {
                await Console.Error.WriteLineAsync(
                    $"bench: mixed, node: {count - earlier.GetValueOrDefault(reason)} went to the primary as they came: {reason}"
                );
            }
        }
    }

    private static void Tell(Table table, TimeSpan time, LoadSamples ours, LoadSamples theirs)
    {
        Add(
            $"mixed CI load, {LoadRun.Workers} workers for {time.TotalSeconds:0} s, a push every 2 s: answers a second",
            ours.Rate,
            theirs.Rate,
            "0",
            "×",
            isMore: true
        );
        Add("its answers with a pack", ours.Fetches, theirs.Fetches, "0", "×", isMore: true);
        table.Add(
            new Row("its packs made at the primary") { Ours = ours.PacksMade.Say("0"), Rival = $"direct: {theirs.PacksMade.Say("0")}" }
        );
        table.Add(
            new Row("its bytes sent by the primary, refs included, MB")
            {
                Ours = ours.Megabytes.Say("0.0"),
                Rival = $"direct: {theirs.Megabytes.Say("0.0")}",
            }
        );
        Add("the same for one answer with a pack, kB", ours.KilobytesOfFetch, theirs.KilobytesOfFetch, "#,0.0", "× fewer", isMore: false);
        for (int i = 0; i < LoadSamples.Shares.Count; i++)
        {
            Add(
                $"its `--depth 1` answers, p{LoadSamples.Shares[i] * 100:0}, ms",
                ours.ShallowClones[i],
                theirs.ShallowClones[i],
                "0",
                "× faster",
                isMore: false
            );
        }

        for (int i = 0; i < LoadSamples.Shares.Count; i++)
        {
            Add(
                $"its `ls-refs`, p{LoadSamples.Shares[i] * 100:0}, ms",
                ours.Listings[i],
                theirs.Listings[i],
                "0",
                "× faster",
                isMore: false
            );
        }

        table.Add(
            new Row("its CPU for one answer, ms: node and primary apart")
            {
                Ours = $"node {ours.NodeCpu.Say("0.0")}, primary {ours.PrimaryCpu.Say("0.0")}",
                Rival = $"direct: {theirs.PrimaryCpu.Say("0.0")}",
            }
        );
        Add("its CPU for one answer, ms: together", ours.ServerCpu, theirs.ServerCpu, "0.0", "× less", isMore: false);

        void Add(string what, Samples mine, Samples other, string format, string unit, bool isMore) =>
            table.Add(
                new Row(what)
                {
                    Ours = mine.Say(format),
                    Rival = $"direct: {other.Say(format)}",
                    Compared = isMore ? mine.Over(other) : other.Over(mine),
                    Format = "#,0.0",
                    Unit = unit,
                }
            );
    }

    /// <summary>Seconds of primary and node.</summary>
    private static (double Primary, double Node) Cpu(Stage stage) =>
        (CpuTime.OfSession(stage.Primary.ProcessId), CpuTime.OfProcess(stage.Node.ProcessId));
}
