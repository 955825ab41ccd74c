using System.Diagnostics;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Caching;

/// <summary>Cached packs outlive the process; unfinished ones do not.</summary>
public sealed class RestartTests : IAsyncLifetime
{
    private const string Hit = "waystation; hit";

    private static readonly History s_media = new(Seed: 61) { IncompressibleBytes = 2 << 20 };

    private readonly Station _station = new();

    public Task InitializeAsync() => _station.InitializeAsync();

    public Task DisposeAsync() => _station.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Clone_IsStillAHit_WhenTheNodeWasRestarted(bool politely)
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/kept.git", s_media);
        GitClient client = new(_station.Folder);
        string url = _station.Node.UrlOf(repository).AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "before");
        await EndAsync(politely);
        await _station.Node.StartAgainAsync();
        (_, IReadOnlyList<string> status) = await client.TraceAsync("clone", "--quiet", url, "after");
        Assert.Contains(Hit, status);
        Assert.Equal(1, repository.PacksMade);
        Assert.Equal(await CloneState.OfAsync(client.In("before")), await CloneState.OfAsync(client.In("after")));
    }

    [Fact]
    public async Task Node_SaysOneLineAndExitsWith0_OnSigterm()
    {
        Assert.StartsWith("waystation ready listen=http://127.0.0.1:", _station.Node.ReadyLine, StringComparison.Ordinal);
        Assert.EndsWith(" ssh=off", _station.Node.ReadyLine, StringComparison.Ordinal);
        Assert.Equal(0, await _station.Node.StopAsync());
        Assert.Equal("", _station.Node.OutputAfterReady);
    }

    [Fact]
    public async Task HalfMadePack_IsSwept_WhenTheNodeIsKilledMidway()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/half.git", s_media);
        GitClient client = new(_station.Folder);
        string url = _station.Node.UrlOf(repository).AbsoluteUri;
        using (PackGate gate = repository.HoldPacks(afterBytes: 700_000))
        {
            using Process clone = client.Git("clone", "--quiet", url, "broken").Start();
            await gate.ReachedAsync();
            _station.Node.Kill();
            await clone.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        }

        await _station.Node.StartAgainAsync();
        Assert.Empty(TemporaryFiles());
        await client.RunAsync("clone", "--quiet", url, "after");
        await client.RunAsync("clone", "--quiet", _station.Primary.UrlOf(repository).AbsoluteUri, "direct");
        Assert.Equal(await CloneState.OfAsync(client.In("direct")), await CloneState.OfAsync(client.In("after")));
        Assert.Equal(0, await _station.Node.StopAsync());
        Assert.Empty(TemporaryFiles());
    }

    [Fact]
    public async Task Clone_Finishes_WhenTheNodeIsAskedToEndMidway()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/drained.git", s_media);
        GitClient client = new(_station.Folder);
        Task<CommandResult> clone;
        Task<int> stopping;
        using (PackGate gate = repository.HoldPacks(afterBytes: 700_000))
        {
            clone = client.RunAsync("clone", "--quiet", _station.Node.UrlOf(repository).AbsoluteUri, "drained");
            await gate.ReachedAsync();
            stopping = _station.Node.StopAsync();
            await Eventually.TrueAsync("the node takes no new connections", async () => !await IsAcceptingAsync());
        }

        await clone;
        Assert.Equal(0, await stopping);
        Assert.Equal(await repository.ResolveAsync("refs/heads/main"), await client.In("drained").ReadAsync("rev-parse", "HEAD"));
        await CloneState.OfAsync(client.In("drained"));
    }

    [Fact]
    public async Task CorruptEntries_AreNeverServed_WhenTheDiskFlippedBits()
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("public/rot.git", s_media);
        GitClient client = new(_station.Folder);
        string url = _station.Node.UrlOf(repository).AbsoluteUri;
        await client.RunAsync("clone", "--quiet", "--depth", "1", url, "before");
        Assert.Equal(0, await _station.Node.StopAsync());
        FlipOneBitInEveryLargeFile(seed: 62);
        await _station.Node.StartAgainAsync();

        // The fetch that meets the rot may fail, but not with wrong bytes; later ones get a new pack.
        CommandResult meets = await client.TryAsync("clone", "--quiet", "--depth", "1", url, "meets");
        if (meets.ExitCode == 0)
        {
            Assert.Equal(await CloneState.OfAsync(client.In("before")), await CloneState.OfAsync(client.In("meets")));
        }

        await client.RunAsync("clone", "--quiet", "--depth", "1", url, "after");
        Assert.Equal(await CloneState.OfAsync(client.In("before")), await CloneState.OfAsync(client.In("after")));
        await client.RunAsync("clone", "--quiet", url, "full");
        await CloneState.OfAsync(client.In("full"));
    }

    private async Task EndAsync(bool politely)
    {
        if (politely)
        {
            Assert.Equal(0, await _station.Node.StopAsync());
        }
        else
        {
            _station.Node.Kill();
        }
    }

    private async Task<bool> IsAcceptingAsync()
    {
        try
        {
            using RawConnection connection = await RawConnection.OpenAsync(_station.Node.Url);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private IEnumerable<string> TemporaryFiles() =>
        Directory
            .EnumerateFiles(_station.Node.DataFolder, "*", SearchOption.AllDirectories)
            .Where(file =>
                file.EndsWith(".tmp", StringComparison.Ordinal) || Path.GetFileName(file).StartsWith("tmp_", StringComparison.Ordinal)
            );

    private void FlipOneBitInEveryLargeFile(int seed)
    {
        var random = new Random(seed);
        foreach (string file in Directory.EnumerateFiles(_station.Node.DataFolder, "*", SearchOption.AllDirectories))
        {
            long length = new FileInfo(file).Length;
            if (length < 100_000)
            {
                continue;
            }

            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            using FileStream stream = File.Open(file, FileMode.Open, FileAccess.ReadWrite);
            stream.Position = random.NextInt64(length / 4, length * 3 / 4);
            int value = stream.ReadByte();
            stream.Position--;
            stream.WriteByte((byte)(value ^ (1 << random.Next(8))));
        }
    }
}
