using System.Text.Json;
using System.Text.RegularExpressions;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary>What upkeep has done to a mirror outlives the process: with ten thousand mirrors it would be hours of work at each
/// start.</summary>
public sealed partial class UpkeepRestartTests : IAsyncLifetime
{
    private static readonly History s_widgets = new(Seed: 307) { Commits = 30 };

    private readonly TempFolder _folder = new();
    private readonly Station _station = new();

    public async Task InitializeAsync()
    {
        string git = (await new Command("sh", "-c", "command -v git").MustRunAsync()).Output.Trim(),
            wrapper = Path.Combine(_folder.CreateFolder("bin"), "git");
        await File.WriteAllTextAsync(wrapper, $"#!/bin/sh\necho \"$*\" >>\"{GitRuns}\"\nexec {git} \"$@\"\n");
        File.SetUnixFileMode(wrapper, (UnixFileMode)0b111_101_101);
        await _station.StartAsync(
            await VettedNode.SettingsAsync(_folder) with
            {
                Environment = new Dictionary<string, string>
                {
                    ["PATH"] = $"{_folder["bin"]}:{Environment.GetEnvironmentVariable("PATH")}",
                },
            }
        );
    }

    public async Task DisposeAsync()
    {
        await _station.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>One line for each git that the node started.</summary>
    private string GitRuns => _folder["runs"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RestartedNode_StartsNoGit_WhileNobodyAsks(bool politely)
    {
        GitClient client = new(_station.Folder);
        await CloneAsync(client, "kept");
        await CloneAsync(client, "another");
        await Eventually.TrueAsync(
            "upkeep and prefetch are written down",
            () =>
                Directory
                    .GetFiles(Path.Combine(_station.Node.DataFolder, "mirrors"), "record", SearchOption.AllDirectories)
                    .All(static record => !File.ReadAllText(record).Contains(":null", StringComparison.Ordinal))
        );
        if (politely)
        {
            Assert.Equal(0, await _station.Node.StopAsync());
        }
        else
        {
            _station.Node.Kill();
        }

        Assert.NotEmpty(await File.ReadAllLinesAsync(GitRuns));
        File.Delete(GitRuns);
        await _station.Node.StartAgainAsync();
        await Eventually.TrueAsync("three rounds have begun", async () => await RoundsAsync() >= 3);
        Assert.False(File.Exists(GitRuns), File.Exists(GitRuns) ? File.ReadAllText(GitRuns) : "");
    }

    private async Task<int> RoundsAsync()
    {
        using var http = new HttpClient();
        using JsonDocument vet = JsonDocument.Parse(await http.GetStringAsync(new Uri(_station.Node.Admin, "/api/v1/vet")));
        return vet.RootElement.GetArrayLength();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)] // as a container sets it at each start: the times of all files change
    public async Task Upkeep_IsNotRepeated_WhenTheNodeWasRestarted(bool politely, bool setsOwner)
    {
        GitClient client = new(_station.Folder);
        PrimaryRepository kept = await CloneAsync(client, "kept");
        int done = UpkeepOf(kept);
        if (politely)
        {
            Assert.Equal(0, await _station.Node.StopAsync());
        }
        else
        {
            _station.Node.Kill();
        }

        if (setsOwner)
        {
            await new Command("chown", "-R", $"--reference={_station.Node.DataFolder}", _station.Node.DataFolder).MustRunAsync();
        }

        await _station.Node.StartAgainAsync();

        // Due mirrors are looked for at the start and at each step: when the second mirror was served, the first had its chance.
        await CloneAsync(client, "another");
        Assert.Equal(done, UpkeepOf(kept));
    }

    private async Task<PrimaryRepository> CloneAsync(GitClient client, string name)
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync($"public/{name}.git", s_widgets);
        await client.RunAsync("clone", "--quiet", _station.Node.UrlOf(repository).AbsoluteUri, name);
        await Eventually.TrueAsync(
            $"{name} is kept up",
            () =>
                Upkeep()
                    .Any(line =>
                        line.Value.Contains($"{name}.git", StringComparison.Ordinal)
                        && line.Value.Contains("indexed", StringComparison.Ordinal)
                    )
        );
        return repository;
    }

    private int UpkeepOf(PrimaryRepository repository) =>
        Upkeep().Count(line => line.Value.Contains(repository.Name, StringComparison.Ordinal));

    private MatchCollection Upkeep() => UpkeepLine().Matches(_station.Node.Log);

    [GeneratedRegex(".*: upkeep: .*")]
    private static partial Regex UpkeepLine();
}
