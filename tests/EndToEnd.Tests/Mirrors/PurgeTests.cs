using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Mirrors;

/// <summary><c>waystation purge</c>: a secret that was pushed by mistake is off the node's disk when the command returns.</summary>
public sealed class PurgeTests : IAsyncLifetime
{
    private readonly Station _station = new();

    public Task InitializeAsync() => _station.InitializeAsync();

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task Purge_RemovesMirrorOrphansAndPacks_AndTheNextCloneIsWhole()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync(
            $"public/{Guid.NewGuid():n}.git",
            new History(Seed: 7) { Commits = 12 }
        );
        PrimaryRepository other = await _station.Primary.CreateAsync(
            $"public/{Guid.NewGuid():n}.git",
            new History(Seed: 8) { Commits = 12 }
        );
        GitClient client = new(_station.Folder);
        await client.RunAsync("clone", "--quiet", _station.Node.UrlOf(other).AbsoluteUri, "other");
        string url = _station.Node.UrlOf(repository).AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "one");
        await repository.CommitAsync();
        await client.RunAsync("clone", "--quiet", "--depth=1", url, "two");
        await Eventually.TrueAsync("both mirrors are there", async () => (await MirrorsAsync()).Length == 2);
        await repository.GitAsync("update-ref", "refs/heads/main", "refs/heads/main~1");
        await client.RunAsync("clone", "--quiet", url, "three");

        CommandResult purged = await RunAsync("purge", repository.Name);
        Assert.Equal((0, ""), (purged.ExitCode, purged.Error));
        Assert.Contains(repository.Name + ": mirror of ", purged.Output, StringComparison.Ordinal);
        string kept = Assert.Single(await MirrorsAsync());
        Assert.Contains(other.Name, kept, StringComparison.Ordinal);
        Assert.Single(Directory.GetDirectories(Path.Combine(_station.Node.DataFolder, "mirrors")));
        Assert.Single(Directory.GetFiles(Path.Combine(_station.Node.DataFolder, "packs"), "*.pack", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_station.Node.DataFolder, "tmp")));

        int packs = repository.PacksMade;
        (_, IReadOnlyList<string> served) = await client.TraceAsync("clone", "--quiet", url, "four");
        Assert.Equal(packs + 1, repository.PacksMade);
        Assert.Contains("waystation; fwd=miss; stored", served);
        await client.In("four").RunAsync("fsck", "--strict");
        await Eventually.TrueAsync("the mirror is there again", async () => (await MirrorsAsync()).Length == 2);
    }

    [Theory]
    [InlineData(0, "public/unknown.git", "no mirror, 0 cached packs")]
    [InlineData(2, null, "Required argument 'REPO' missing")]
    public async Task Purge_SaysWhatItDid(int exitCode, string? repository, string words)
    {
        CommandResult result = await RunAsync(repository is null ? ["purge"] : ["purge", repository]);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(words, result.Output + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Purge_Fails_WhereNoNodeAnswers()
    {
        CommandResult result = await Program("purge", "public/any.git", "--admin", "http://127.0.0.1:9").RunAsync();
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("no node answers at http://127.0.0.1:9/", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Api_RefusesWhatAStrangersWebPageCouldSend()
    {
        using var http = new HttpClient();
        using var form = new StringContent("{\"repo\":\"public/any.git\"}", System.Text.Encoding.UTF8, "text/plain");
        using HttpResponseMessage plain = await http.PostAsync(new Uri(_station.Node.Admin, "/api/v1/repos/purge"), form);
        Assert.Equal(415, (int)plain.StatusCode);
        using HttpResponseMessage get = await http.GetAsync(new Uri(_station.Node.Admin, "/api/v1/repos/purge"));
        Assert.Equal(405, (int)get.StatusCode);
        using HttpResponseMessage unknown = await http.GetAsync(new Uri(_station.Node.Admin, "/api/v1/unknown"));
        Assert.Equal((404, "application/problem+json"), ((int)unknown.StatusCode, unknown.Content.Headers.ContentType?.MediaType));
    }

    private static Command Program(params string[] arguments) =>
        new(Checkout.Program, arguments) { Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot } };

    private Task<CommandResult> RunAsync(params string[] arguments) =>
        Program([.. arguments, "--admin", _station.Node.Admin.AbsoluteUri]).RunAsync();

    private async Task<string[]> MirrorsAsync()
    {
        CommandResult repos = await RunAsync("repos");
        Assert.Equal((0, ""), (repos.ExitCode, repos.Error));
        // The third column is the mirror's.
        return [.. repos.OutputLines.Where(static line => line.Split('\t')[2] != "-")];
    }
}
