using System.Diagnostics;

namespace Waystation.Ratios.Measures;

/// <summary>
/// A commit that the node does not know, and its first two clients: a fetch of a client that has the commit before, and a <c>--depth 1</c>
/// clone. The node has nearly all of their objects already. How much does the primary make and send, and how long does it take?
/// </summary>
internal static class AfterCommit
{
    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        using var folder = new TempFolder();
        var git = new GitClient(folder) { Timeout = TimeSpan.FromMinutes(5) };
        PrimaryRepository project = await stage.ProjectAsync();
        string through = stage.Node.UrlOf(project).AbsoluteUri,
            direct = stage.Primary.UrlOf(project).AbsoluteUri;
        await git.RunAsync("clone", "--quiet", "--bare", through, "node.git");
        await git.RunAsync("clone", "--quiet", "--bare", direct, "direct.git");
        await git.RunAsync("clone", "--quiet", "--bare", "--depth", "1", through, "first");

        Compared fetch = new(),
            clone = new();
        for (int sample = -1; sample < samples; sample++)
        {
            bool isCounted = sample >= 0;
            await project.CommitAsync();
            await fetch.AddAsync(
                stage,
                project,
                isCounted,
                () => FetchAsync(git, "node.git", through),
                () => FetchAsync(git, "direct.git", direct)
            );
            await project.CommitAsync();
            await clone.AddAsync(stage, project, isCounted, () => CloneAsync(git, through), () => CloneAsync(git, direct));
        }

        fetch.Tell(table, "fetch of a commit made at the primary");
        clone.Tell(table, "`--depth 1` clone of a commit made at the primary");
        stage.Add(
            new BarChart("after-commit", "A fetch and a --depth 1 clone of a commit that the node has not seen, s")
                .With("fetch, node", fetch.OurSeconds, isOurs: true)
                .With("fetch, direct", fetch.TheirSeconds)
                .With("depth 1, node", clone.OurSeconds, isOurs: true)
                .With("depth 1, direct", clone.TheirSeconds)
        );
    }

    private static Task FetchAsync(GitClient git, string name, string url) =>
        git.In(name).RunAsync("fetch", "--quiet", url, "+refs/heads/*:refs/heads/*");

    private static async Task CloneAsync(GitClient git, string url)
    {
        await git.RunAsync("clone", "--quiet", "--bare", "--depth", "1", url, "shallow");
        Directory.Delete(Path.Combine(git.Folder, "shallow"), recursive: true);
    }

    /// <summary>The same request, by the first client through the node and by one at the primary.</summary>
    private sealed class Compared
    {
        private readonly Samples _packs = new(),
            _ourKilobytes = new(),
            _theirKilobytes = new();

        public Samples OurSeconds { get; } = new();

        public Samples TheirSeconds { get; } = new();

        public async Task AddAsync(Stage stage, PrimaryRepository repository, bool isCounted, Func<Task> through, Func<Task> direct)
        {
            double ourSeconds = 0,
                theirSeconds = 0;
            PrimaryUse ours = await PrimaryUse.DuringAsync(stage, repository, async () => ourSeconds = await SecondsAsync(through));
            PrimaryUse theirs = await PrimaryUse.DuringAsync(stage, repository, async () => theirSeconds = await SecondsAsync(direct));
            if (!isCounted)
            {
                return;
            }

            OurSeconds.Add(ourSeconds);
            TheirSeconds.Add(theirSeconds);
            _packs.Add(ours.Packs);
            _ourKilobytes.Add(ours.Bytes / 1e3);
            _theirKilobytes.Add(theirs.Bytes / 1e3);
        }

        public void Tell(Table table, string what)
        {
            table.Add(
                new Row($"{what}, first through the node, with git's own work, s")
                {
                    Ours = OurSeconds.Say(),
                    Rival = $"direct: {TheirSeconds.Say()}",
                    Compared = OurSeconds.Over(TheirSeconds),
                    Unit = "× the time",
                    Bar = Bar.AtMost(1),
                }
            );
            table.Add(
                new Row("its packs")
                {
                    Compared = _packs,
                    Format = "0",
                    Unit = "packs made at the primary",
                    Bar = Bar.AtMost(1),
                }
            );
            table.Add(
                new Row("its bytes from the primary, refs included, kB")
                {
                    Ours = _ourKilobytes.Say("#,0.0"),
                    Rival = $"direct: {_theirKilobytes.Say("#,0.0")}",
                    Compared = _theirKilobytes.Over(_ourKilobytes),
                    Format = "#,0.0",
                    Unit = "× fewer",
                }
            );
        }

        private static async Task<double> SecondsAsync(Func<Task> work)
        {
            long begun = Stopwatch.GetTimestamp();
            await work();
            return Stopwatch.GetElapsedTime(begun).TotalSeconds;
        }
    }
}
