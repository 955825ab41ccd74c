using System.Diagnostics;

namespace Waystation.Ratios.Measures;

/// <summary>The request of CI: <c>git clone --depth 1</c>, warm through the node, against the primary making the pack.</summary>
internal static class ShallowClone
{
    /// <summary>The kernel counts CPU in hundredths of a second, and a warm clone takes few of them.</summary>
    private const int WarmClonesPerSample = 5,
        QuickWarmClonesPerSample = 2;

    private const int TransfersPerSample = 7,
        QuickTransfersPerSample = 3;

    /// <summary>Until Apache has reaped the scripts of the last answer.</summary>
    private static readonly TimeSpan s_reaping = TimeSpan.FromMilliseconds(300);

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        using var folder = new TempFolder();
        var git = new GitClient(folder);
        PrimaryRepository project = await stage.ProjectAsync();
        int warmClones = stage.IsQuick ? QuickWarmClonesPerSample : WarmClonesPerSample;
        string through = stage.Node.UrlOf(project).AbsoluteUri,
            direct = stage.Primary.UrlOf(project).AbsoluteUri;
        await CloneAsync(git, through, "first");
        await CompareTransfersAsync(stage, samples, table);
        Samples warmWall = new(),
            primaryWall = new(),
            nodeCpu = new(),
            rest = new(),
            primaryCpu = new(),
            cpu = new(),
            all = new();
        for (int sample = -1; sample < samples; sample++)
        {
            (double coldPrimary, double _) = await CpuAsync(stage);
            double slow = await CloneAsync(git, direct, "direct");
            (double primaryAfter, double nodeBefore) = await CpuAsync(stage);
            double fast = 0;
            int packsBefore = project.PacksMade;
            for (int i = 0; i < warmClones; i++)
            {
                fast += await CloneAsync(git, through, "warm") / warmClones;
            }

            (double primaryWarm, double nodeAfter) = await CpuAsync(stage);
            if (project.PacksMade != packsBefore)
            {
                throw new InvalidOperationException("the primary made a pack for a clone that was to be warm");
            }

            if (sample < 0)
            {
                continue;
            }

            double made = primaryAfter - coldPrimary;
            double served = (nodeAfter - nodeBefore) / warmClones,
                asked = (primaryWarm - primaryAfter) / warmClones;
            warmWall.Add(fast);
            primaryWall.Add(slow);
            nodeCpu.Add(served * 1000);
            rest.Add(asked * 1000);
            primaryCpu.Add(made * 1000);
            cpu.Add(made / Math.Max(served, 0.001));
            all.Add(made / Math.Max(served + asked, 0.001));
        }

        table.Add(
            new Row("`git clone --depth 1`, warm, with git's own work, s")
            {
                Ours = warmWall.Say(),
                Rival = $"primary: {primaryWall.Say()}",
                Compared = primaryWall.Over(warmWall),
                Format = "0.0",
                Unit = "× faster",
            }
        );
        table.Add(
            new Row("its server CPU, ms: the node's")
            {
                Ours = nodeCpu.Say("0"),
                Rival = $"primary: {primaryCpu.Say("0")}",
                Compared = cpu,
                Format = "0.0",
                Unit = "× less",
                Bar = Bar.AtLeast(50),
            }
        );
        table.Add(
            new Row("its server CPU, ms: the primary's for refs while warm")
            {
                Ours = rest.Say("0"),
                Rival = $"primary: {primaryCpu.Say("0")}",
                Compared = all,
                Format = "0.0",
                Unit = "× less, node and primary together",
            }
        );
    }

    /// <summary>The response alone, to a client that discards it, because git's own unpacking hides the server's work.</summary>
    private static async Task CompareTransfersAsync(Stage stage, int samples, Table table)
    {
        WarmAnswer answer = await WarmAnswer.MakeAsync(stage, await stage.ProjectAsync(), "project", depth: 1);
        var file = new Uri(stage.Nginx.Plain, "project");
        Samples ours = new(),
            theirs = new(),
            fromFile = new();
        for (int sample = -1; sample < samples; sample++)
        {
            double made = (await answer.FetchFromPrimaryAsync()).Seconds;
            List<double> byNode = [],
                byNginx = [];
            for (int i = 0; i < (stage.IsQuick ? QuickTransfersPerSample : TransfersPerSample); i++)
            {
                byNode.Add((await answer.FetchAsync(stage.Node.Url)).Seconds);
                byNginx.Add((await Curl.RunAsync(file, "/dev/null", WarmAnswer.Http11)).Seconds);
            }

            if (sample < 0)
            {
                continue;
            }

            ours.Add(Samples.MedianOf(byNode));
            theirs.Add(made);
            fromFile.Add(Samples.MedianOf(byNginx));
        }

        table.Add(
            new Row($"the same answer, {answer.Bytes / 1e6:0.0} MB, s")
            {
                Ours = ours.Say("0.000"),
                Rival = $"nginx, from a file: {fromFile.Say("0.000")}",
                Compared = ours.Over(fromFile),
                Unit = "× the time",
                Bar = Bar.AtMost(1.1),
            }
        );

        table.Add(
            new Row("answer to a `--depth 1` clone, discarded, s")
            {
                Ours = ours.Say("0.000"),
                Rival = $"primary: {theirs.Say("0.000")}",
                Compared = theirs.Over(ours),
                Format = "0.0",
                Unit = "× faster",
                Bar = Bar.AtLeast(4),
            }
        );
    }

    private static async Task<double> CloneAsync(GitClient git, string url, string name)
    {
        long begun = Stopwatch.GetTimestamp();
        await git.RunAsync("clone", "--quiet", "--bare", "--depth", "1", url, name);
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        Directory.Delete(Path.Combine(git.Folder, name), recursive: true);
        return seconds;
    }

    private static async Task<(double Primary, double Node)> CpuAsync(Stage stage)
    {
        await Task.Delay(s_reaping);
        return (CpuTime.OfSession(stage.Primary.ProcessId), CpuTime.OfProcess(stage.Node.ProcessId));
    }
}
