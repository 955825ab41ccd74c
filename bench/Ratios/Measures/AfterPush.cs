using System.Diagnostics;

namespace Waystation.Ratios.Measures;

/// <summary>
/// A push through the node, and then three clients: a <c>--depth 1</c> clone, a full clone, a fetch. How many packs does the primary make
/// for them?
/// </summary>
internal static class AfterPush
{
    /// <summary>The clones that were asked for before, which are made ahead: full and <c>--depth 1</c>.</summary>
    private const int MadeAhead = 2;

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        using var folder = new TempFolder();
        var git = new GitClient(folder);
        PrimaryRepository pushed = await stage.Primary.CreateAsync(
            "private/pushed.git",
            new History(Seed: 50) { Commits = 400, IncompressibleBytes = 4 << 20 }
        );
        string alice = stage.Node.UrlOf(pushed, "alice").AbsoluteUri,
            bob = stage.Node.UrlOf(pushed, "bob").AbsoluteUri;
        await WarmAsync(stage, git, alice, bob);

        var outcomes = new Dictionary<string, int>();
        Samples packs = new(),
            ready = new();
        for (int sample = 0; sample < samples; sample++)
        {
            await File.WriteAllTextAsync(Path.Combine(git.In("alice").Folder, "news.txt"), $"Sample {sample}\n");
            await git.In("alice").RunAsync("add", "news.txt");
            await git.In("alice").RunAsync("commit", "--quiet", "--message", "News");
            double made = await WarmedAsync(stage);
            PrimaryUse use = await PrimaryUse.DuringAsync(
                stage,
                pushed,
                async () =>
                {
                    await git.In("alice").RunAsync("push", "--quiet", "origin", "main");
                    long begun = Stopwatch.GetTimestamp();
                    await Eventually.TrueAsync("answers were made ahead", async () => await WarmedAsync(stage) >= made + MadeAhead);
                    ready.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
                    await CountAsync("depth 1", "clone", "--quiet", "--bare", "--depth", "1", bob, $"shallow-{sample}");
                    await CountAsync("full", "clone", "--quiet", "--bare", bob, $"full-{sample}");
                    await CountAsync("fetch", "-C", "bob", "fetch", "--quiet");
                }
            );
            packs.Add(use.Packs);
        }

        table.Add(
            new Row("after a push through the node: `--depth 1` clone, full clone, fetch by another")
            {
                Ours = string.Join(", ", outcomes.Select(static outcome => $"{outcome.Key} ({outcome.Value} ×)")),
                Compared = packs,
                Format = "0",
                Unit = "packs made at the primary",
                Bar = Bar.AtMost(0),
            }
        );
        table.Add(
            new Row("from the end of a push until both packs are made ahead, ms")
            {
                Compared = ready,
                Format = "0",
                Unit = "ms",
            }
        );

        async Task CountAsync(string what, params string[] arguments)
        {
            (_, IReadOnlyList<string> status) = await git.TraceAsync(arguments);
            string outcome = $"{what}: {status[^1].Replace("waystation; ", "", StringComparison.Ordinal)}";
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        }
    }

    /// <summary>As a repository is that people work with: a mirror, and each kind of clone was asked for.</summary>
    private static async Task WarmAsync(Stage stage, GitClient git, string alice, string bob)
    {
        double mirrors = (await stage.Node.MetricsAsync()).Sum("waystation_mirrors");
        await git.RunAsync("clone", "--quiet", alice, "alice");
        await Eventually.TrueAsync("there is a mirror", async () => (await stage.Node.MetricsAsync()).Sum("waystation_mirrors") > mirrors);
        await git.RunAsync("clone", "--quiet", bob, "bob");
        await git.RunAsync("clone", "--quiet", "--bare", "--depth", "1", bob, "shallow");
        await git.In("bob").RunAsync("fetch", "--quiet");
    }

    private static async Task<double> WarmedAsync(Stage stage) => (await stage.Node.MetricsAsync()).Sum("waystation_warmed_total");
}
