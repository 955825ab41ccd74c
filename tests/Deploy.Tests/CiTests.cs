using System.Text.RegularExpressions;
using Waystation.TestKit.Servers;

namespace Waystation.Deploy.Tests;

/// <summary>
/// The commands of docs/ci.md, as CI systems run them: two jobs of a commit, a person who clones and pushes, and a job after the push. Each
/// is served as the page's table says.
/// </summary>
public sealed partial class CiTests
{
    private static readonly HttpClient s_http = new();
    private static readonly string s_page = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "ci.md"));

    [Fact]
    public async Task Jobs_AreServed_AsThePageSays()
    {
        Recipe[] recipes =
        [
            .. Row().Matches(s_page).Select(static row => new Recipe(row.Groups["name"].Value, BlockOf(row.Groups["name"].Value), row)),
        ];
        Assert.InRange(recipes.Length, 6, 20);
        using var folder = new TempFolder();
        await using ApachePrimary primary = await ApachePrimary.StartAsync();
        await using WaystationNode node = await WaystationNode.StartAsync(primary.Url);
        (Recipe Recipe, PrimaryRepository Repository)[] rows = await Task.WhenAll(
            recipes.Select(async (recipe, i) => (recipe, await primary.CreateAsync($"public/ci{i}.git", new History(Seed: 180 + i))))
        );

        await Task.WhenAll(
            rows.Select(async row =>
            {
                await MustServeAsync(folder, node, row, 1, row.Recipe.First);
                await MustServeAsync(folder, node, row, 2, row.Recipe.Further);
                await PushAsync(folder, node, row.Repository);
            })
        );
        await Eventually.TrueAsync(
            "every push is in a mirror",
            async () => (await node.MetricsAsync()).Sum("waystation_pushes_seen_total", "result=\"taken\"") >= rows.Length
        );
        await Task.WhenAll(
            rows.Select(row =>
            {
                Assert.Equal("from the node", row.Recipe.AfterPush);
                return MustServeAsync(folder, node, row, 3, "hit");
            })
        );
    }

    /// <summary>
    /// The first answer is the one with the commit. A client that follows tags may ask again for these. Where it does not, the primary
    /// makes a pack if the node had to ask for the answer, and else none.
    /// </summary>
    private static async Task MustServeAsync(
        TempFolder folder,
        WaystationNode node,
        (Recipe Recipe, PrimaryRepository Repository) row,
        int number,
        string expected
    )
    {
        int before = row.Repository.PacksMade;
        IReadOnlyList<string> statuses = await JobAsync(folder, node, row, number);
        string told = $"{row.Recipe.Name}, job {number}: {string.Join(", ", statuses)}";
        Assert.True(statuses.Count > 0 && $"{statuses[0]};".StartsWith($"waystation; {expected};", StringComparison.Ordinal), told);
        int asked = statuses.Count(static status => status.StartsWith("waystation; fwd=miss", StringComparison.Ordinal));
        Assert.True(statuses.Count > 1 || row.Repository.PacksMade - before == asked, $"{told}: {row.Repository.PacksMade - before} packs");
    }

    /// <summary>Runs the recipe in an empty folder; returns how each of its fetches was served.</summary>
    private static async Task<IReadOnlyList<string>> JobAsync(
        TempFolder folder,
        WaystationNode node,
        (Recipe Recipe, PrimaryRepository Repository) row,
        int number
    )
    {
        string commit = await row.Repository.ResolveAsync("refs/heads/main");
        await row.Repository.GitAsync("update-ref", $"refs/pipelines/{number}", commit);
        string name = Path.GetFileNameWithoutExtension(row.Repository.Name);
        string workspace = folder.CreateFolder($"{name}-job{number}");
        string trace = folder[$"{name}-trace{number}"];
        await new Command("bash", "-euc", row.Recipe.Commands)
        {
            WorkingDirectory = workspace,
            Environment = new Dictionary<string, string>
            {
                ["URL"] = node.UrlOf(row.Repository).AbsoluteUri,
                ["COMMIT"] = commit,
                ["BRANCH"] = "main",
                ["PIPELINE"] = $"{number}",
                ["TMPDIR"] = folder.FullPath,
                ["HOME"] = folder.CreateFolder($"{name}-home{number}"),
                ["GIT_CONFIG_NOSYSTEM"] = "1",
                ["GIT_TERMINAL_PROMPT"] = "0",
                ["GIT_TRACE_CURL"] = trace,
                ["GIT_TRACE_CURL_NO_DATA"] = "1",
            },
        }.MustRunAsync();
        CommandResult head = await new Command("git", "-C", workspace, "rev-parse", "HEAD").MustRunAsync();
        Assert.Equal(commit, head.Output.Trim());
        return
        [
            .. Status()
                .Matches(await File.ReadAllTextAsync(trace))
                .Select(static match => match.Groups["status"].Value.Trim())
                .Where(static status => !status.EndsWith("detail=ticket", StringComparison.Ordinal))
                .Where(static status => !status.EndsWith("detail=not-a-fetch", StringComparison.Ordinal)),
        ];
    }

    /// <summary>A person clones all of it, which makes the mirror, and pushes.</summary>
    private static async Task PushAsync(TempFolder folder, WaystationNode node, PrimaryRepository repository)
    {
        string name = Path.GetFileNameWithoutExtension(repository.Name);
        GitClient git = new(folder);
        await git.RunAsync("clone", "--quiet", node.UrlOf(repository, "alice").AbsoluteUri, name);
        await Eventually.TrueAsync(
            $"{repository.Name} has a mirror",
            async () =>
                (await s_http.GetStringAsync(new Uri(node.Admin, "/api/v1/repos"))).Contains(repository.Name, StringComparison.Ordinal)
        );
        await git.In(name).RunAsync("commit", "--quiet", "--allow-empty", "--message", "Change nothing");
        await git.In(name).RunAsync("push", "--quiet", "origin", "HEAD:main");
    }

    private static string BlockOf(string name)
    {
        Match block = Regex.Match(
            s_page,
            $@"^## {Regex.Escape(name)}\n.*?^```sh\n(?<commands>.*?)^```$",
            RegexOptions.Multiline | RegexOptions.Singleline
        );
        return block.Success ? block.Groups["commands"].Value : throw new InvalidOperationException($"the page has no commands of {name}");
    }

    [GeneratedRegex(
        @"^\| \[(?<name>[^\]]+)\]\(#[a-z-]+\) \| `(?<first>[^`]+)` \| `(?<further>[^`]+)` \| (?<push>[^|]+) \|$",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline
    )]
    private static partial Regex Row();

    [GeneratedRegex(@"Recv header: cache-status:(?<status>[^\r\n]*)", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Status();

    private sealed record Recipe(string Name, string Commands, Match Row)
    {
        public string First => Row.Groups["first"].Value;

        public string Further => Row.Groups["further"].Value;

        public string AfterPush => Row.Groups["push"].Value;
    }
}
