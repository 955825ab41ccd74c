using System.Diagnostics;

namespace Waystation.Ratios.Measures;

/// <summary>A clone of the whole history with its checkout: from a snapshot, by git through the node, and by git direct.</summary>
internal static class SnapshotClone
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(20);

    public static async Task MeasureAsync(Stage stage, int samples, Table table)
    {
        using var folder = new TempFolder();
        var git = new GitClient(folder) { Timeout = s_patience };
        PrimaryRepository project = await stage.ProjectAsync();
        string through = stage.Node.UrlOf(project).AbsoluteUri,
            direct = stage.Primary.UrlOf(project).AbsoluteUri;
        Command byGit = git.Git("clone", "--quiet", through, "clone"),
            directly = git.Git("clone", "--quiet", direct, "clone");
        Command snapshot = byGit with
        {
            Program = Path.Combine(Checkout.Root, "deploy", "waystation-clone"),
            Arguments = ["--progress", through, "clone"],
        };
        await TimeAsync(git, byGit);
        await Eventually.TrueAsync("there is a snapshot", async () => await HasSnapshotAsync(stage, project), s_patience);
        Samples bySnapshot = new(),
            byNode = new(),
            byPrimary = new();
        for (int sample = 0; sample < samples; sample++)
        {
            bySnapshot.Add(await TimeAsync(git, snapshot));
            byNode.Add(await TimeAsync(git, byGit));
            byPrimary.Add(await TimeAsync(git, directly));
        }

        Add("`waystation-clone` of the project, with git's own work, s", "`git clone` through the node", byNode);
        Add("the same", "`git clone` direct", byPrimary);

        void Add(string what, string rival, Samples theirs) =>
            table.Add(
                new Row(what)
                {
                    Ours = bySnapshot.Say(),
                    Rival = $"{rival}: {theirs.Say()}",
                    Compared = theirs.Over(bySnapshot),
                    Format = "0.0",
                    Unit = "× faster",
                    Bar = stage.IsQuick ? null : Bar.AtLeast(4),
                }
            );
    }

    private static async Task<bool> HasSnapshotAsync(Stage stage, PrimaryRepository project)
    {
        using var client = new HttpClient();
        var address = new Uri(stage.Node.Url, "/.waystation/snapshot/" + project.Name);
        using HttpResponseMessage response = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
        return response.IsSuccessStatusCode;
    }

    private static async Task<double> TimeAsync(GitClient git, Command clone)
    {
        long begun = Stopwatch.GetTimestamp();
        CommandResult result = await clone.MustRunAsync();
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        if (result.Error.Contains("git clone instead", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"there was no snapshot: {result.Error}");
        }

        Directory.Delete(Path.Combine(git.Folder, "clone"), recursive: true);
        return seconds;
    }
}
