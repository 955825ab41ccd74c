using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Caching;

/// <summary>The cache can only help: with a disk that is full or takes nothing, clones go on.</summary>
public sealed class DiskTroubleTests : IAsyncLifetime
{
    private static readonly History s_media = new(Seed: 81) { IncompressibleBytes = 12 << 20 };

    private readonly Station _station = new();
    private SmallDisk? _disk;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _station.DisposeAsync();
        _disk?.Dispose();
    }

    [MountFact]
    public async Task Clone_EqualsDirect_WhenTheDiskIsFull()
    {
        await StartOnSmallDiskAsync();
        await CloneAndCompareAsync();
        Assert.True(
            (await _station.Node.MetricsAsync()).Sum("waystation_pack_cache_failures_total") > 0,
            "no failure of the pack cache was counted"
        );
    }

    [MountFact]
    public async Task Clone_EqualsDirect_WhenTheDiskIsFilledByOthers()
    {
        await StartOnSmallDiskAsync();
        await File.WriteAllBytesAsync(Path.Combine(_disk!.Folder, "somebody-elses.log"), new byte[7 << 20]);
        await CloneAndCompareAsync();
    }

    [MountFact]
    public async Task Clone_EqualsDirect_WhenTheDiskTurnsReadOnly()
    {
        await StartOnSmallDiskAsync();
        await _disk!.TurnReadOnlyAsync();
        await CloneAndCompareAsync();
        Assert.True(
            (await _station.Node.MetricsAsync()).Sum("waystation_pack_cache_failures_total") > 0,
            "no failure of the pack cache was counted"
        );
    }

    private async Task StartOnSmallDiskAsync()
    {
        _disk = await SmallDisk.MountAsync("8m");
        await _station.StartAsync(new NodeSettings { DataFolder = _disk.Folder, Options = ["--Disk:Reserve", "64KiB"] });
    }

    private async Task CloneAndCompareAsync()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/media.git", s_media);
        GitClient client = new(_station.Folder);
        await client.RunAsync("clone", "--quiet", "--bare", _station.Primary.UrlOf(repository).AbsoluteUri, "direct");
        CloneState direct = await CloneState.OfAsync(client.In("direct"));
        foreach (string name in (string[])["first", "second"])
        {
            await client.RunAsync("clone", "--quiet", "--bare", _station.Node.UrlOf(repository).AbsoluteUri, name);
            Assert.Equal(direct, await CloneState.OfAsync(client.In(name)));
        }

        // Small answers still fit or are still forwarded.
        await client.RunAsync("clone", "--quiet", "--bare", "--filter=blob:none", _station.Node.UrlOf(repository).AbsoluteUri, "small");
    }
}
