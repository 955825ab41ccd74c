using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Warming;

/// <summary>A push goes on whatever becomes of its copy.</summary>
public sealed class PushTroubleTests : IAsyncLifetime
{
    private static readonly History s_widgets = new(Seed: 62) { Commits = 10 };

    private readonly Station _station = new();
    private readonly TempFolder _folder = new();
    private SmallDisk? _disk;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _station.DisposeAsync();
        _folder.Dispose();
        _disk?.Dispose();
    }

    [Theory]
    [InlineData("2MiB")]
    [InlineData("0")]
    public async Task Push_GoesOn_WhenItIsTooBigToBeCopied(string most)
    {
        await _station.StartAsync(new NodeSettings { Options = ["--Mirrors:MaxPushes", most] });
        await PushAFilmAsync(isCopied: most != "0");
    }

    [MountFact]
    public async Task Push_GoesOn_WhenTheDiskIsFull()
    {
        _disk = await SmallDisk.MountAsync("6m");
        await _station.StartAsync(new NodeSettings { DataFolder = _disk.Folder, Options = ["--Disk:Reserve", "64KiB"] });
        await PushAFilmAsync(isCopied: true);
    }

    [Fact]
    public async Task Push_IsTakenIn_WhileHooksAreStillBusy()
    {
        await _station.StartAsync(new NodeSettings());
        PushedRepository pushed = await PushedRepository.MakeAsync(_station, _folder, s_widgets);
        string gate = _folder["gate"];
        await File.WriteAllTextAsync(gate, "");
        pushed.Repository.WriteHook("post-receive", $"#!/bin/sh\nwhile [ -e '{gate}' ]; do sleep 0.05; done\n");
        await pushed.CommitAsync();
        Task push = pushed.Alice.RunAsync("push", "--quiet", "origin", "main");

        // The report is out, and a hook is still busy: a client that fetches now finds the push on the node.
        await Eventually.TrueAsync("the push is in the mirror", () => pushed.Seen is ["taken"]);
        Assert.False(push.IsCompleted);
        GitClient client = new(_folder);
        await client.RunAsync("clone", "--quiet", pushed.Url, "bob");
        Assert.Equal(await pushed.Alice.ReadAsync("rev-parse", "HEAD"), await client.In("bob").ReadAsync("rev-parse", "HEAD"));
        Assert.Equal(1, pushed.Repository.PacksMade);
        File.Delete(gate);
        await push;
    }

    private async Task PushAFilmAsync(bool isCopied)
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(_station, _folder, s_widgets);
        byte[] film = new byte[5 << 20];
        new Random(63).NextBytes(film);
        await pushed.CommitAsync("film.bin", film);
        await pushed.Alice.RunAsync("push", "--quiet", "origin", "main");
        if (isCopied)
        {
            await Eventually.TrueAsync("the push was seen", () => pushed.Seen is ["dropped"]);
        }

        Assert.Empty(Directory.GetFiles(Path.Combine(_station.Node.DataFolder, "tmp"), "*.push"));
        await pushed.CompareAsync("bob");
    }
}
