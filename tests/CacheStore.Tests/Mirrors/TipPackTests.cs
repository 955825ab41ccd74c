using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors;
using Waystation.GitProtocol.Fetching;
using Waystation.GitProtocol.Objects;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Mirrors;

/// <summary>The newest commit, which lies packed by itself for clones of little depth.</summary>
public sealed partial class TipPackTests : IAsyncLifetime
{
    private const string Large = "large";

    private MirrorBench bench = null!;
    private Mirror mirror = null!;
    private string text = MirrorBench.TextOf(30_000);

    /// <summary>A mirror whose newest version of a file came as a difference from the one before.</summary>
    public async Task InitializeAsync()
    {
        bench = await MirrorBench.OpenAsync();
        await bench.CommitAsync("main", text, Large);
        mirror = await bench.MakeAsync();
        await ChangeAsync();
    }

    public Task DisposeAsync()
    {
        bench.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task CloneOfDepth1_IsCopiedFromIt_WithNothingCompressedAnew()
    {
        (int total, int reused) = await AnswerAsync();
        Assert.InRange(reused, 0, total - 1);

        await bench.Upkeep.RunAsync(mirror, default);
        (total, reused) = await AnswerAsync();
        Assert.Equal(total, reused);
    }

    [Fact]
    public async Task ItHolds_TheNewestCommitAndItsFiles_AndFollowsIt()
    {
        for (int round = 0; round < 3; round++)
        {
            await bench.Upkeep.RunAsync(mirror, default);
            Assert.False(bench.Upkeep.IsDue(mirror));
            Assert.Equal(await ObjectsAsync("main"), await PackedAsync());
            await ChangeAsync();
        }
    }

    /// <summary>What was taken back is not kept in it, nor served from it to whoever may not have it.</summary>
    [Fact]
    public async Task CommitThatWasTakenBack_IsInItNoMore()
    {
        await bench.Upkeep.RunAsync(mirror, default);
        ObjectId before = await bench.ResolveAsync("main");
        await bench.Source.RunAsync("update-ref", "refs/heads/main", "main~1");
        await bench.SyncAsync(mirror, mayOrphan: true);
        await bench.Upkeep.RunAsync(mirror, default);
        Assert.Equal(await ObjectsAsync("main"), await PackedAsync());
        Assert.DoesNotContain(before.ToString(), await PackedAsync());
    }

    [Fact]
    public async Task WithoutNewestCommit_ThereIsNone()
    {
        await bench.Upkeep.RunAsync(mirror, default);
        await bench.Source.RunAsync("update-ref", "refs/heads/other", "main");
        await bench.Source.RunAsync("update-ref", "-d", "refs/heads/main");
        await bench.SyncAsync(mirror, mayOrphan: true);
        await bench.Upkeep.RunAsync(mirror, default);
        Assert.Empty(TipFiles());
        Assert.False(bench.Upkeep.IsDue(mirror));
        await AnswerAsync("other");
    }

    [Theory]
    [InlineData("*.pack")]
    [InlineData("*.idx")]
    [InlineData("multi-pack-index")]
    public async Task DamageToIt_IsServedToNobody_AndMended(string pattern)
    {
        await bench.Upkeep.RunAsync(mirror, default);
        string[] objects = await PackedAsync();
        foreach (bool delete in (bool[])[false, true])
        {
            string file = Directory.GetFiles(Path.Combine(mirror.Tip, "pack"), pattern).Single();
            if (delete)
                File.Delete(file);
            else
                MirrorBench.Flip(file);
            await AnswerAsync();
            Assert.True(bench.Upkeep.IsDue(mirror));
            await bench.Upkeep.RunAsync(mirror, default);
            Assert.Equal(objects, await PackedAsync());
            Assert.False(bench.Upkeep.IsDue(mirror));
            (int total, int reused) = await AnswerAsync();
            Assert.Equal(total, reused);
        }
    }

    /// <summary>Where the stamps of a damaged file hold, reading all of it finds it.</summary>
    [Fact]
    public async Task DamageThatLeavesNoTrace_IsFoundByScrubbing_AndMended()
    {
        await bench.Upkeep.RunAsync(mirror, default);
        foreach (string file in TipFiles())
        {
            MirrorBench.Flip(file);
            mirror.TipStamps.Trust([$"pack/{Path.GetFileName(file)}"]);
            Assert.False(bench.Upkeep.IsDue(mirror));
            int damaged = 0;
            foreach (ScrubItem item in bench.Mirrors.ScrubItems(mirror).ToList())
                damaged += await item.CheckAsync(default) ? 0 : 1;
            Assert.Equal(1, damaged);
            Assert.Same(mirror, bench.Mirrors.Find(MirrorBench.Widgets));
            await AnswerAsync();
            await bench.Upkeep.RunAsync(mirror, default);
            Assert.Equal(await ObjectsAsync("main"), await PackedAsync());
        }
    }

    [Fact]
    public async Task ItOutlivesARestart_AndCounts()
    {
        await bench.Upkeep.RunAsync(mirror, default);
        long bytes = mirror.Bytes;
        Assert.InRange(bytes, TipFiles().Sum(static file => new FileInfo(file).Length) + 1, long.MaxValue);
        string[] files = TipFiles();
        bench.Restart();
        mirror = bench.Mirrors.Find(MirrorBench.Widgets)!;
        Assert.Equal(bytes, mirror.Bytes);
        Assert.False(bench.Upkeep.IsDue(mirror));
        Assert.Equal(files, TipFiles());
    }

    [Fact]
    public async Task ItsFiles_StayWhileSomebodyReads()
    {
        await bench.Upkeep.RunAsync(mirror, default);
        string[] before = TipFiles("*.pack");
        await ChangeAsync();
        Task running;
        using (mirror.TryRead())
        {
            running = bench.Upkeep.RunAsync(mirror, default);
            await Eventually.TrueAsync("the next lies beside it", () => TipFiles("*.pack").Length > before.Length || running.IsCompleted);
            Assert.All(before, static pack => Assert.True(File.Exists(pack)));
            Assert.False(running.IsCompleted);
        }

        await running;
        Assert.All(before, static pack => Assert.False(File.Exists(pack)));
    }

    [GeneratedRegex(@"Total (\d+) \(delta \d+\), reused (\d+)")]
    private static partial Regex Totals();

    private async Task ChangeAsync()
    {
        text = text[..1_000] + MirrorBench.TextOf(30) + text[1_000..];
        await bench.CommitAsync("main", text, Large);
        await bench.SyncAsync(mirror);
    }

    private string[] TipFiles(string pattern = "*") => [.. Directory.GetFiles(Path.Combine(mirror.Tip, "pack"), pattern).Order(StringComparer.Ordinal)];

    private async Task<string[]> ObjectsAsync(string revision) =>
        [.. (await bench.Source.ReadAsync("rev-list", "--objects", "--no-object-names", "-1", revision)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];

    private async Task<string[]> PackedAsync() =>
        [.. (await bench.ExamineAsync(mirror, "verify-pack", "-v", TipFiles("*.pack").Single())).Split('\n')
            .Where(static line => line.Contains(" commit ", StringComparison.Ordinal) || line.Contains(" tree ", StringComparison.Ordinal) || line.Contains(" blob ", StringComparison.Ordinal))
            .Select(static line => line[..line.IndexOf(' ', StringComparison.Ordinal)]).Order(StringComparer.Ordinal)];

    /// <summary>Makes a clone of depth 1 and has git check it; how many objects it holds, and how many of them were copied as they lay.</summary>
    private async Task<(int Total, int Reused)> AnswerAsync(string branch = "main")
    {
        using MirrorLease? lease = mirror.TryRead();
        Assert.NotNull(lease);
        var request = new FetchRequest { Wants = [mirror.Refs.Find($"refs/heads/{branch}")!.Id], Done = true, OfsDelta = true, Depth = 1 };
        await using GitProcess git = await new UploadPack(bench.Git, bench.Data).StartAsync(lease, request, frozen: null, withOrphans: false, threads: 1, CancellationToken.None);
        using var answer = new MemoryStream();
        await git.Output.CopyToAsync(answer);
        Assert.True(await git.WaitAsync() == 0, git.ErrorText);

        using MemoryStream pack = new(), progress = new();
        var rest = new ReadOnlySequence<byte>(answer.ToArray());
        Assert.Equal(AnswerStart.Pack, FetchAnswerReader.TryReadPrologue(ref rest, mirror.ObjectFormat, sidebandAll: false, out _));
        while (FetchAnswerReader.TryReadBand(ref rest, out BandLine band) && band.Kind != BandKind.End)
            (band.Kind == BandKind.PackData ? pack : progress).Write(band.Payload.ToArray());

        await bench.AssertShallowCloneAsync(pack.ToArray(), request.Wants[0]);
        Match totals = Totals().Match(Encoding.ASCII.GetString(progress.ToArray()));
        return (int.Parse(totals.Groups[1].ValueSpan, CultureInfo.InvariantCulture), int.Parse(totals.Groups[2].ValueSpan, CultureInfo.InvariantCulture));
    }
}
