using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Caching;

/// <summary>
/// A pack far larger than the memory that the node may use for it passes on its way to the client, cold and from the cache.
/// <c>tests/EndToEnd.Tests/large-pack</c> runs this with a gigabyte.
/// </summary>
public sealed class LargePackTests : IAsyncLifetime
{
    private const string SizeVariable = "WAYSTATION_TEST_LARGE_PACK_MIB";
    private const int Mebibyte = 1 << 20;

    private static readonly long s_size =
        (long.TryParse(Environment.GetEnvironmentVariable(SizeVariable), out long asked) ? asked : 200) * Mebibyte;

    private readonly Station _station = new();

    public Task InitializeAsync() => _station.InitializeAsync();

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task Node_StaysSmall_WhenALargePackPasses()
    {
        PrimaryRepository small = await _station.Primary.CreateAsync("public/small.git", new History(Seed: 91));
        PrimaryRepository large = await _station.Primary.CreateAsync(
            "public/large.git",
            new History(Seed: 92) { IncompressibleBytes = s_size }
        );
        GitClient client = new GitClient(_station.Folder) with { Timeout = TimeSpan.FromMinutes(10) };
        await client.RunAsync("clone", "--quiet", "--bare", _station.Node.UrlOf(small).AbsoluteUri, "warm-up");
        long idle = _station.Node.ResidentBytes;
        _station.Node.ForgetPeak();
        string tip = await large.ResolveAsync("refs/heads/main");
        foreach (string name in (string[])["cold", "cached"])
        {
            await client.RunAsync("clone", "--quiet", "--bare", _station.Node.UrlOf(large).AbsoluteUri, name);
            Assert.Equal(tip, await client.In(name).ReadAsync("rev-parse", "main"));
            Directory.Delete(_station.Folder[name], recursive: true);
            long grown = _station.Node.PeakResidentBytes - idle;
            Assert.True(grown < 100 * Mebibyte, $"{name}: the node grew by {grown / Mebibyte} MiB for a pack of {s_size / Mebibyte} MiB");
        }

        Assert.Equal(1, large.PacksMade);
    }
}
