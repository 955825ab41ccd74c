using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Mirrors.Packing;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Mirrors;

/// <summary>The newest commit, which lies packed by itself for clones of little depth.</summary>
public sealed partial class TipPackTests : IAsyncLifetime
{
    private const string Large = "large";

    private MirrorBench _bench = null!;
    private Mirror _mirror = null!;
    private string _text = MirrorBench.TextOf(30_000);

    /// <summary>A mirror in which the newest version of a file came as a delta against the one before.</summary>
    public async Task InitializeAsync()
    {
        _bench = await MirrorBench.OpenAsync();
        await _bench.CommitAsync("main", _text, Large);
        _mirror = await _bench.MakeAsync();
        await ChangeAsync();
    }

    public Task DisposeAsync()
    {
        _bench.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task CloneOfDepth1_IsCopiedFromIt_WithNothingCompressedAnew()
    {
        (int total, int reused) = await AnswerAsync();
        Assert.InRange(reused, 0, total - 1);

        await _bench.Upkeep.RunAsync(_mirror, default);
        (total, reused) = await AnswerAsync();
        Assert.Equal(total, reused);
    }

    [Fact]
    public async Task ItHolds_TheNewestCommitAndItsFiles_AndFollowsIt()
    {
        for (int round = 0; round < 3; round++)
        {
            await _bench.Upkeep.RunAsync(_mirror, default);
            Assert.False(_bench.Upkeep.IsDue(_mirror));
            Assert.Equal(await ObjectsAsync("main"), await PackedAsync());
            await ChangeAsync();
        }
    }

    /// <summary>A retracted commit is not kept in it, and not served from it to clients that may not have it.</summary>
    [Fact]
    public async Task CommitThatWasTakenBack_IsInItNoMore()
    {
        await _bench.Upkeep.RunAsync(_mirror, default);
        ObjectId before = await _bench.ResolveAsync("main");
        await _bench.Source.RunAsync("update-ref", "refs/heads/main", "main~1");
        await _bench.SyncAsync(_mirror, mayOrphan: true);
        await _bench.Upkeep.RunAsync(_mirror, default);
        Assert.Equal(await ObjectsAsync("main"), await PackedAsync());
        Assert.DoesNotContain(before.ToString(), await PackedAsync());
    }

    [Fact]
    public async Task WithoutNewestCommit_ThereIsNone()
    {
        await _bench.Upkeep.RunAsync(_mirror, default);
        await _bench.Source.RunAsync("update-ref", "refs/heads/other", "main");
        await _bench.Source.RunAsync("update-ref", "-d", "refs/heads/main");
        await _bench.SyncAsync(_mirror, mayOrphan: true);
        await _bench.Upkeep.RunAsync(_mirror, default);
        Assert.Empty(TipFiles());
        Assert.False(_bench.Upkeep.IsDue(_mirror));
        await AnswerAsync("other");
    }

    [Theory]
    [InlineData("*.pack")]
    [InlineData("*.idx")]
    [InlineData("multi-pack-index")]
    public async Task DamageToIt_IsServedToNobody_AndMended(string pattern)
    {
        await _bench.Upkeep.RunAsync(_mirror, default);
        string[] objects = await PackedAsync();
        foreach (bool delete in (bool[])[false, true])
        {
            string file = Directory.GetFiles(Path.Combine(_mirror.Tip, "pack"), pattern).Single();
            if (delete)
            {
                File.Delete(file);
            }
            else
            {
                MirrorBench.Flip(file);
            }

            await AnswerAsync();
            Assert.True(_bench.Upkeep.IsDue(_mirror));
            await _bench.Upkeep.RunAsync(_mirror, default);
            Assert.Equal(objects, await PackedAsync());
            Assert.False(_bench.Upkeep.IsDue(_mirror));
            (int total, int reused) = await AnswerAsync();
            Assert.Equal(total, reused);
        }
    }

    /// <summary>If the stamps of a damaged file hold, reading all of it finds the damage.</summary>
    [Fact]
    public async Task DamageThatLeavesNoTrace_IsFoundByScrubbing_AndMended()
    {
        await _bench.Upkeep.RunAsync(_mirror, default);
        foreach (string file in TipFiles())
        {
            MirrorBench.Flip(file);
            _mirror.TipStamps.Trust([$"pack/{Path.GetFileName(file)}"]);
            Assert.False(_bench.Upkeep.IsDue(_mirror));
            int damaged = 0;
            foreach (ScrubItem item in _bench.Mirrors.ScrubItems(_mirror).ToList())
            {
                damaged += await item.CheckAsync(new ScrubPace(TimeProvider.System), default) ? 0 : 1;
            }

            Assert.Equal(1, damaged);
            Assert.Same(_mirror, _bench.Mirrors.Find(MirrorBench.Widgets));
            await AnswerAsync();
            await _bench.Upkeep.RunAsync(_mirror, default);
            Assert.Equal(await ObjectsAsync("main"), await PackedAsync());
        }
    }

    [Fact]
    public async Task ItOutlivesARestart_AndCounts()
    {
        await _bench.Upkeep.RunAsync(_mirror, default);
        long bytes = _mirror.Bytes;
        Assert.InRange(bytes, TipFiles().Sum(static file => new FileInfo(file).Length) + 1, long.MaxValue);
        string[] files = TipFiles();
        _bench.Restart();
        _mirror = _bench.Mirrors.Find(MirrorBench.Widgets)!;
        Assert.Equal(bytes, _mirror.Bytes);
        Assert.False(_bench.Upkeep.IsDue(_mirror));
        Assert.Equal(files, TipFiles());
    }

    [Fact]
    public async Task ItsFiles_StayWhileSomebodyReads()
    {
        await _bench.Upkeep.RunAsync(_mirror, default);
        string[] before = TipFiles("*.pack");
        await ChangeAsync();
        Task running;
        using (_mirror.TryRead())
        {
            running = _bench.Upkeep.RunAsync(_mirror, default);
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
        _text = _text[..1_000] + MirrorBench.TextOf(30) + _text[1_000..];
        await _bench.CommitAsync("main", _text, Large);
        await _bench.SyncAsync(_mirror);
    }

    private string[] TipFiles(string pattern = "*") =>
        [.. Directory.GetFiles(Path.Combine(_mirror.Tip, "pack"), pattern).Order(StringComparer.Ordinal)];

    private async Task<string[]> ObjectsAsync(string revision) =>
        [
            .. (await _bench.Source.ReadAsync("rev-list", "--objects", "--no-object-names", "-1", revision))
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Order(StringComparer.Ordinal),
        ];

    private async Task<string[]> PackedAsync() =>
        [
            .. (await _bench.ExamineAsync(_mirror, "verify-pack", "-v", TipFiles("*.pack").Single()))
                .Split('\n')
                .Where(static line =>
                    line.Contains(" commit ", StringComparison.Ordinal)
                    || line.Contains(" tree ", StringComparison.Ordinal)
                    || line.Contains(" blob ", StringComparison.Ordinal)
                )
                .Select(static line => line[..line.IndexOf(' ', StringComparison.Ordinal)])
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>Makes a clone of depth 1 and has git check it; how many objects it holds, and how many of them were copied as they
    /// lay.</summary>
    private async Task<(int Total, int Reused)> AnswerAsync(string branch = "main")
    {
        using MirrorLease? lease = _mirror.TryRead();
        Assert.NotNull(lease);
        var request = new FetchRequest
        {
            Wants = [_mirror.Refs.Find($"refs/heads/{branch}")!.Id],
            Pack = PackWhen.AtOnce,
            OfsDelta = true,
            Depth = 1,
        };
        await using GitProcess git = await new UploadPack(_bench.Git, _bench.Data).StartAsync(
            lease,
            request,
            snapshot: null,
            withOrphans: false,
            threads: 1,
            CancellationToken.None
        );
        using var answer = new MemoryStream();
        await git.Output.CopyToAsync(answer);
        Assert.True(await git.WaitAsync() == 0, git.ErrorText);

        using MemoryStream pack = new(),
            progress = new();
        var rest = new ReadOnlySequence<byte>(answer.ToArray());
        Assert.Equal(ResponseStart.Pack, FetchResponseReader.TryReadPrologue(ref rest, _mirror.ObjectFormat, sidebandAll: false, out _));
        while (FetchResponseReader.TryReadBand(ref rest, out BandLine band) && band.Kind != BandKind.End)
        {
            (band.Kind == BandKind.PackData ? pack : progress).Write(band.Payload.ToArray());
        }

        await _bench.AssertShallowCloneAsync(pack.ToArray(), request.Wants[0]);
        Match totals = Totals().Match(Encoding.ASCII.GetString(progress.ToArray()));
        return (
            int.Parse(totals.Groups[1].ValueSpan, CultureInfo.InvariantCulture),
            int.Parse(totals.Groups[2].ValueSpan, CultureInfo.InvariantCulture)
        );
    }
}
