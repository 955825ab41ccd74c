using System.Diagnostics;

namespace Waystation.Ratios.Measures;

/// <summary><c>git fetch</c> without news and with a live ticket: the requests at the primary, and the time.</summary>
internal static class QuietFetch
{
    private const int FetchesPerSample = 10;

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        using var folder = new TempFolder();
        var git = new GitClient(folder);
        PrimaryRepository quiet = await stage.Primary.CreateAsync("private/quiet.git", new History(Seed: 51) { Commits = 200 });
        await git.RunAsync("clone", "--quiet", stage.Node.UrlOf(quiet, "bob").AbsoluteUri, "node");
        await git.RunAsync("clone", "--quiet", stage.Primary.UrlOf(quiet, "bob").AbsoluteUri, "direct");
        await CountAsync(stage, samples, table, git, quiet);
        await TimeAsync(samples, table, git);
    }

    private static async Task CountAsync(Stage stage, int samples, Table table, GitClient git, PrimaryRepository quiet)
    {
        Samples ours = new(),
            probes = new(),
            theirs = new(),
            theirProbes = new();
        for (int sample = 0; sample < samples; sample++)
        {
            await FetchAsync(git, "node"); // for the ticket
            PrimaryUse through = await PrimaryUse.DuringAsync(stage, quiet, () => FetchAsync(git, "node"));
            PrimaryUse direct = await PrimaryUse.DuringAsync(stage, quiet, () => FetchAsync(git, "direct"));
            ours.Add(through.Requests);
            probes.Add(through.Probes);
            theirs.Add(direct.Requests);
            theirProbes.Add(direct.Probes);
        }

        table.Add(
            new Row("`git fetch` that finds nothing new, live ticket: requests at the primary")
            {
                Ours = $"and {probes.Say("0")} without credential",
                Rival = $"direct: {theirs.Say("0")}, and {theirProbes.Say("0")} without credential",
                Compared = ours,
                Format = "0",
                Unit = "requests beside the client's own probe",
                Bar = Bar.AtMost(1),
            }
        );
    }

    private static async Task TimeAsync(int samples, Table table, GitClient git)
    {
        Samples ours = new(),
            theirs = new();
        for (int sample = -1; sample < samples; sample++)
        {
            List<double> byNode = [],
                byPrimary = [];
            for (int i = 0; i < FetchesPerSample; i++)
            {
                byNode.Add(await FetchAsync(git, "node"));
                byPrimary.Add(await FetchAsync(git, "direct"));
            }

            if (sample < 0)
            {
                continue;
            }

            ours.Add(Samples.MedianOf(byNode));
            theirs.Add(Samples.MedianOf(byPrimary));
        }

        table.Add(
            new Row("its time, git's own start included, ms")
            {
                Ours = ours.Say("0"),
                Rival = $"direct: {theirs.Say("0")}",
                Compared = ours.Over(theirs),
                Unit = "× the time",
            }
        );
    }

    /// <summary>Milliseconds that a fetch took in one of the clones.</summary>
    private static async Task<double> FetchAsync(GitClient git, string name)
    {
        long begun = Stopwatch.GetTimestamp();
        await git.In(name).RunAsync("fetch", "--quiet");
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }
}
