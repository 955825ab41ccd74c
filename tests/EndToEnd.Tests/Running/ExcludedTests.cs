using System.Text.Json;
using System.Text.RegularExpressions;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Running;

/// <summary>
/// A project that is excluded is forwarded at once, and its data leaves after the grace period. A former primary's data goes by command.
/// </summary>
public sealed class ExcludedTests : IAsyncLifetime
{
    private readonly Station _station = new();
    private readonly TempFolder _folder = new();

    public async Task InitializeAsync()
    {
        Configure([], TimeSpan.Zero);
        await _station.StartAsync(new NodeSettings { Options = ["--config", _folder["waystation.json"]] });
    }

    public async Task DisposeAsync()
    {
        await _station.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Excluded_IsForwardedAtOnce_AndItsDataLeavesAfterTheGracePeriod()
    {
        PrimaryRepository gone = await _station.Primary.CreateAsync("public/gone.git", new History(Seed: 181));
        PrimaryRepository stays = await _station.Primary.CreateAsync("public/stays.git", new History(Seed: 182));
        GitClient git = new(_station.Folder);
        await git.RunAsync("clone", "--quiet", _station.Node.UrlOf(gone).AbsoluteUri, "gone");
        await git.RunAsync("clone", "--quiet", _station.Node.UrlOf(stays).AbsoluteUri, "stays");
        await Eventually.TrueAsync("there are mirrors", async () => (await _station.Node.MetricsAsync()).Sum("waystation_mirrors") == 2);

        Configure([gone.Name], TimeSpan.FromHours(1));
        await Eventually.TrueAsync("it is excluded", async () => await HealthAsync(gone) == "excluded");
        (_, IReadOnlyList<string> served) = await git.TraceAsync("clone", "--quiet", _station.Node.UrlOf(gone).AbsoluteUri, "forwarded");
        Assert.Contains("waystation; fwd=bypass; detail=not-selected", served);
        Assert.Equal(2, (await _station.Node.MetricsAsync()).Sum("waystation_mirrors"));

        Configure([gone.Name], TimeSpan.Zero);
        await Eventually.TrueAsync("its data is gone", async () => await HealthAsync(gone) is null);
        Assert.Equal("ok", await HealthAsync(stays));
        Assert.Equal(1, (await _station.Node.MetricsAsync()).Sum("waystation_mirrors"));
        Assert.Matches($@"\[2032\].*{Regex.Escape(gone.Name)}", _station.Node.Log);

        Configure([], TimeSpan.Zero);
        await Eventually.TrueAsync(
            "it is selected again",
            async () =>
            {
                using var folder = new TempFolder();
                (_, IReadOnlyList<string> again) = await new GitClient(folder).TraceAsync(
                    "clone",
                    "--quiet",
                    _station.Node.UrlOf(gone).AbsoluteUri,
                    "again"
                );
                return !again.Contains("waystation; fwd=bypass; detail=not-selected");
            }
        );
    }

    [Fact]
    public async Task FormerPrimary_IsForeign_AndItsDataGoesByCommand()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/moved.git", new History(Seed: 183));
        await new GitClient(_station.Folder).RunAsync("clone", "--quiet", _station.Node.UrlOf(repository).AbsoluteUri, "before");
        await Eventually.TrueAsync("there is a mirror", async () => (await _station.Node.MetricsAsync()).Sum("waystation_mirrors") == 1);
        await _station.Node.StopAsync();

        await using WaystationNode changed = await WaystationNode.StartAsync(
            new Uri("http://127.0.0.1:9/"),
            new NodeSettings { DataFolder = _station.Node.DataFolder }
        );
        Assert.Equal("foreign", await HealthAsync(repository, changed));
        CommandResult removed = await RunAsync(changed, "remove", _station.Primary.Url.Authority);
        Assert.Equal((0, ""), (removed.ExitCode, removed.Error));
        Assert.Contains($"{repository.Name}: mirror of ", removed.Output, StringComparison.Ordinal);
        Assert.Null(await HealthAsync(repository, changed));
        CommandResult again = await RunAsync(changed, "remove", _station.Primary.Url.Authority);
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("keeps nothing of that name", again.Error, StringComparison.Ordinal);
    }

    private static Task<CommandResult> RunAsync(WaystationNode node, params string[] words) =>
        new Command(Checkout.Program, [.. words, "--admin", node.Admin.AbsoluteUri])
        {
            Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot },
        }.RunAsync();

    /// <summary>The health of a repository; null if the node keeps nothing of it.</summary>
    private async Task<string?> HealthAsync(PrimaryRepository repository, WaystationNode? node = null)
    {
        CommandResult repos = await RunAsync(node ?? _station.Node, "repos", "--json");
        return JsonDocument
            .Parse(repos.Output)
            .RootElement.EnumerateArray()
            .Where(one => one.GetProperty("repo").GetString()!.EndsWith("/" + repository.Name, StringComparison.Ordinal))
            .Select(static one => one.GetProperty("health").GetString())
            .FirstOrDefault();
    }

    private void Configure(string[] excluded, TimeSpan grace) =>
        File.WriteAllText(
            _folder["waystation.json"],
            JsonSerializer.Serialize(
                new
                {
                    Primaries = new Dictionary<string, object>
                    {
                        ["0"] = new { Projects = new { Exclude = string.Join(";", excluded), RemoveAfter = grace.ToString("c") } },
                    },
                }
            )
        );
}
