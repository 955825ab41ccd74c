using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Caching;

public sealed class BudgetTests : IAsyncLifetime
{
    private const int Mebibyte = 1 << 20;
    private const int Budget = 8 * Mebibyte;

    private readonly Station _station = new();

    public Task InitializeAsync() => _station.StartAsync(new NodeSettings { Options = ["--PackCache:MaxSize", "8MiB"] });

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task PackCache_StaysBelowItsBudget_WhenMoreIsClonedThanFits()
    {
        GitClient client = new(_station.Folder);
        var repositories = new List<PrimaryRepository>();
        for (int i = 1; i <= 6; i++)
        {
            var history = new History(Seed: 70 + i) { IncompressibleBytes = 3 * Mebibyte };
            PrimaryRepository repository = await _station.Primary.CreateAsync($"public/part{i}.git", history);
            repositories.Add(repository);
            await client.RunAsync("clone", "--quiet", "--bare", "--depth", "1", _station.Node.UrlOf(repository).AbsoluteUri, $"clone{i}");
            Assert.InRange(await PackCacheBytesAsync(), 1, Budget);
        }

        // The newest is still there, and evicted ones are fetched again.
        PrimaryRepository last = repositories[^1];
        int made = last.PacksMade;
        await client.RunAsync("clone", "--quiet", "--bare", "--depth", "1", _station.Node.UrlOf(last).AbsoluteUri, "last");
        Assert.Equal(made, last.PacksMade);
        foreach (PrimaryRepository repository in repositories)
        {
            string name = "again" + Path.GetFileName(repository.Folder);
            await client.RunAsync("clone", "--quiet", "--bare", "--depth", "1", _station.Node.UrlOf(repository).AbsoluteUri, name);
            Assert.Equal(await repository.ResolveAsync("HEAD"), await client.In(name).ReadAsync("rev-parse", "HEAD"));
        }

        Assert.InRange(await PackCacheBytesAsync(), 1, Budget);
    }

    [Fact]
    public async Task Clone_Works_WhenOnePackIsLargerThanTheBudget()
    {
        GitClient client = new(_station.Folder);
        PrimaryRepository repository = await _station.Primary.CreateAsync(
            "public/too-large.git",
            new History(Seed: 77) { IncompressibleBytes = 12 * Mebibyte }
        );
        for (int round = 1; round <= 2; round++)
        {
            await client.RunAsync("clone", "--quiet", "--bare", _station.Node.UrlOf(repository).AbsoluteUri, $"clone{round}");
            Assert.InRange(await PackCacheBytesAsync(), 0, Budget);
        }
    }

    private async Task<double> PackCacheBytesAsync()
    {
        NodeMetrics metrics = await _station.Node.MetricsAsync();
        Assert.True(metrics.Has("waystation_pack_cache_bytes"), "the metric waystation_pack_cache_bytes is missing");
        return metrics.Sum("waystation_pack_cache_bytes");
    }
}
