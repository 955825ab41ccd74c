using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>The store can only help: with a disk that is full or takes nothing, objects come from the primary.</summary>
public sealed class DiskTests : IAsyncLifetime
{
    private readonly LfsStation _station = new();
    private SmallDisk? _disk;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _station.DisposeAsync();
        _disk?.Dispose();
    }

    [MountFact]
    public async Task FullDisk_Forwards()
    {
        await StartAsync();
        await AssertServesAsync(LfsContent.FromSeed(101, 20_000_000));
        await AssertServesAsync(LfsContent.FromSeed(102, 1000));
    }

    [MountFact]
    public async Task DiskFilledByOthers_Forwards()
    {
        await StartAsync();
        await File.WriteAllBytesAsync(Path.Combine(_disk!.Folder, "somebody-elses.log"), new byte[7 << 20]);
        await AssertServesAsync(LfsContent.FromSeed(103, 5_000_000));
    }

    [MountFact]
    public async Task ReadOnlyDisk_Forwards()
    {
        await StartAsync();
        await _disk!.TurnReadOnlyAsync();
        await AssertServesAsync(LfsContent.FromSeed(104, 2_000_000));
    }

    [Fact]
    public async Task SizeZero_KeepsNothing()
    {
        await _station.StartAsync(settings: new NodeSettings { Options = ["--Lfs:MaxSize", "0"] });
        LfsContent content = LfsContent.FromSeed(105, 2_000_000);
        await AssertServesAsync(content);
        Assert.Empty(_station.FilesOf(content.Oid));
    }

    /// <summary>Their worth decides which objects go, and the time that an object took to come counts for it.</summary>
    [Fact]
    public async Task Objects_MakeRoom()
    {
        const int Limit = 5 << 20;
        await _station.StartAsync(settings: new NodeSettings { Options = ["--Lfs:MaxSize", "5MiB"] });
        LfsContent[] contents = [.. Enumerable.Range(110, 4).Select(static seed => LfsContent.FromSeed(seed, 2 << 20))];
        foreach (LfsContent content in contents)
        {
            await AssertServesAsync(content);
        }

        await Eventually.TrueAsync("the objects are within their limit", async () => await StoredAsync() is > 0 and <= Limit);
        await AssertServesAsync(contents.First(content => _station.FilesOf(content.Oid).Count == 0));

        async Task<double> StoredAsync() => (await _station.Node.MetricsAsync()).Sum("waystation_lfs_stored_bytes");
    }

    private async Task StartAsync()
    {
        _disk = await SmallDisk.MountAsync("8m");
        await _station.StartAsync(settings: new NodeSettings { DataFolder = _disk.Folder, Options = ["--Disk:Reserve", "64KiB"] });
    }

    private async Task AssertServesAsync(LfsContent content)
    {
        PrimaryRepository repository = await _station.CreateAsync(content);
        await _station.CloneAsync(repository, [content]);
        await _station.CloneAsync(repository, [content]);
        GitClient writer = await _station.CloneAsync(repository, [content]);
        byte[] more = LfsClients.Bytes(Random.Shared.Next(), 900_000);
        await writer.CommitAsync(("more.bin", more));
        await writer.RunAsync("push", "--quiet", "origin", "HEAD");
        Assert.Equal(more, await (await _station.CloneAsync(repository, [content])).FileAsync("more.bin"));
    }
}
