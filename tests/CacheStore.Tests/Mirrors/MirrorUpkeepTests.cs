using System.Diagnostics;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Mirrors.Packing;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Mirrors;

public sealed class MirrorUpkeepTests : IAsyncLifetime
{
    private MirrorBench _bench = null!;

    public async Task InitializeAsync() => _bench = await MirrorBench.OpenAsync();

    public Task DisposeAsync()
    {
        _bench.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task SmallPacks_AreRolledUp_EachLeftAtLeastTwiceAllSmaller()
    {
        Mirror mirror = await _bench.MakeAsync();
        for (int round = 0; round < 4; round++)
        {
            for (int sync = 0; sync < 5; sync++)
            {
                await _bench.CommitAsync(bytes: round == 0 ? 200_000 : 2_000);
                await _bench.SyncAsync(mirror);
            }

            Assert.True(_bench.Upkeep.IsDue(mirror));
            await _bench.Upkeep.RunAsync(mirror, default);
            Assert.False(_bench.Upkeep.IsDue(mirror));
            long[] sizes = [.. MirrorBench.FilesOf(mirror, "*.pack").Select(static pack => new FileInfo(pack).Length).OrderDescending()];
            for (int at = 0; at < sizes.Length - 1; at++)
            {
                Assert.True(sizes[at] >= 2 * sizes[(at + 1)..].Sum(), string.Join(' ', sizes));
            }

            Assert.InRange(sizes.Length, 1, 4);
            await AssertIndexedAsync(mirror);
        }
    }

    [Fact]
    public async Task SecondRun_ChangesNothing()
    {
        Mirror mirror = await _bench.MakeAsync();
        await _bench.Upkeep.RunAsync(mirror, default);
        string[] files = FilesAndTimes(mirror);
        Assert.False(_bench.Upkeep.IsDue(mirror));
        await _bench.Upkeep.RunAsync(mirror, default);
        Assert.Equal(files, FilesAndTimes(mirror));
    }

    /// <summary>The same objects in two packs, as two syncs at once may bring them.</summary>
    [Fact]
    public async Task PackThatHoldsNothingNew_GoesAndNothingWithIt()
    {
        Mirror mirror = await _bench.MakeAsync();
        ObjectId tip = await _bench.ResolveAsync("refs/heads/main"),
            parent = await _bench.ResolveAsync("refs/heads/main~1"),
            before = await _bench.ResolveAsync("refs/heads/main~2");
        await _bench.TakeAsync(mirror, await _bench.PackAsync([tip], [parent]), [tip], isWhole: false);
        await _bench.TakeAsync(mirror, await _bench.PackAsync([tip], [before]), [tip], isWhole: false);
        mirror.NoteRefsSet(areLedTo: true);
        await _bench.Upkeep.RunAsync(mirror, default);
        await AssertIndexedAsync(mirror);
    }

    [Fact]
    public async Task Orphans_AreSortedOut_AndExpireAfterTheirGrace()
    {
        Mirror mirror = await _bench.MakeAsync();
        ObjectId secret = await _bench.CommitAsync("secret"),
            kept = await _bench.CommitAsync();
        await _bench.SyncAsync(mirror);
        ObjectId blob = await _bench.ResolveAsync($"{secret}^{{tree}}");
        await _bench.Source.RunAsync("update-ref", "-d", "refs/heads/secret");
        await _bench.SyncAsync(mirror, mayOrphan: true);
        Assert.True(mirror.HoldsOrphans);
        Assert.True(_bench.Upkeep.IsDue(mirror));
        await _bench.Upkeep.RunAsync(mirror, default);

        Assert.False(mirror.HoldsOrphans);
        Assert.Equal([kept], (await _bench.Objects.KindsAsync(mirror, [secret, blob, kept], default)).Keys);
        Assert.True(await _bench.Objects.HasWithOrphansAsync(mirror, [secret, blob, kept], default));
        await AssertIndexedAsync(mirror);

        _bench.Time.Shift = TimeSpan.FromHours(23);
        Assert.False(_bench.Upkeep.IsDue(mirror));
        _bench.Time.Shift = TimeSpan.FromHours(25);
        Assert.True(_bench.Upkeep.IsDue(mirror));
        await _bench.Upkeep.RunAsync(mirror, default);
        Assert.False(await _bench.Objects.HasWithOrphansAsync(mirror, [secret], default));
        Assert.False(_bench.Upkeep.IsDue(mirror));
        await AssertIndexedAsync(mirror);
    }

    [Fact]
    public async Task Mirror_WithoutAnyRef_HasOnlyOrphans()
    {
        Mirror mirror = await _bench.MakeAsync();
        ObjectId tip = await _bench.ResolveAsync("refs/heads/main");
        await _bench.Source.RunAsync("update-ref", "-d", "refs/heads/main");
        await _bench.SyncAsync(mirror, mayOrphan: true);
        await _bench.Upkeep.RunAsync(mirror, default);
        Assert.False(mirror.HoldsOrphans);
        Assert.Empty(MirrorBench.FilesOf(mirror, "*.pack"));
        Assert.True(await _bench.Objects.HasWithOrphansAsync(mirror, [tip], default));
        await _bench.CommitAsync();
        await _bench.SyncAsync(mirror);
        await _bench.Upkeep.RunAsync(mirror, default);
        await AssertIndexedAsync(mirror);
    }

    [Theory]
    [InlineData("*.pack")]
    [InlineData("*.idx")]
    public async Task DamagedPack_EndsTheMirror(string pattern)
    {
        Mirror mirror = await _bench.MakeAsync();
        await _bench.Upkeep.RunAsync(mirror, default);
        MirrorBench.Flip(MirrorBench.FilesOf(mirror, pattern).Single());
        Assert.Null(mirror.TryRead());
        Assert.True(_bench.Upkeep.IsDue(mirror));
        await _bench.Upkeep.RunAsync(mirror, default);
        Assert.Null(_bench.Mirrors.Find(MirrorBench.Widgets));
        Assert.False(Directory.Exists(mirror.Folder));
    }

    [Theory]
    [InlineData("pack/multi-pack-index")]
    [InlineData("pack/multi-pack-index-*.bitmap")]
    [InlineData("info/commit-graph")]
    [InlineData("pack/pack-*.rev")]
    public async Task DamageToWhatOnlySpeedsThingsUp_IsMended(string pattern)
    {
        Mirror mirror = await _bench.MakeAsync();
        await _bench.CommitAsync();
        await _bench.SyncAsync(mirror);
        await _bench.Upkeep.RunAsync(mirror, default);
        foreach (bool delete in (bool[])[false, true])
        {
            string file = Directory
                .GetFiles(Path.Combine(mirror.Objects, Path.GetDirectoryName(pattern)!), Path.GetFileName(pattern))
                .First();
            if (delete)
            {
                File.Delete(file);
            }
            else
            {
                MirrorBench.Flip(file);
            }

            Assert.Null(mirror.TryRead());
            await _bench.Upkeep.RunAsync(mirror, default);
            Assert.Same(mirror, _bench.Mirrors.Find(MirrorBench.Widgets));
            mirror.TryRead()!.Dispose();
            await AssertIndexedAsync(mirror);
        }
    }

    [Fact]
    public async Task FilesThatWereOnlyTouched_AreCheckedAndServedFromAgain()
    {
        Mirror mirror = await _bench.MakeAsync();
        File.SetLastWriteTimeUtc(MirrorBench.FilesOf(mirror, "*.pack").Single(), DateTime.UtcNow.AddDays(-1));
        Assert.Null(mirror.TryRead());
        await _bench.Upkeep.RunAsync(mirror, default);
        mirror.TryRead()!.Dispose();
        await AssertIndexedAsync(mirror);
    }

    [Fact]
    public async Task WhatAKilledGitLeft_IsSweptAtTheStart()
    {
        Mirror mirror = await _bench.MakeAsync();
        await _bench.Upkeep.RunAsync(mirror, default);
        string[] left =
        [
            "git/packed-refs.lock",
            "git/packed-refs.new",
            "git/objects/pack/multi-pack-index.lock",
            "git/objects/info/commit-graph.lock",
            "git/objects/pack/tmp_pack_abc",
            "git/objects/pack/tmp_idx_abc",
            "git/objects/pack/pack-0000000000000000000000000000000000000000.pack",
            "stamps.new",
            "record.new",
        ];
        _bench.Restart(() =>
        {
            foreach (string name in left)
            {
                File.WriteAllText(Path.Combine(mirror.Folder, name), "half");
            }

            Directory.CreateDirectory(Path.Combine(_bench.Data.Temporary, "half.scratch/pack"));
        });
        mirror = _bench.Mirrors.Find(MirrorBench.Widgets)!;
        Assert.All(left, name => Assert.False(File.Exists(Path.Combine(mirror.Folder, name)), name));
        Assert.Empty(Directory.GetFileSystemEntries(_bench.Data.Temporary));
        mirror.TryRead()!.Dispose();
        await _bench.CommitAsync();
        await _bench.SyncAsync(mirror);
        await _bench.Upkeep.RunAsync(mirror, default);
        await AssertIndexedAsync(mirror);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task NoFile_GoesWhileSomebodyReadsIt(bool sortsOut)
    {
        Mirror mirror = await _bench.MakeAsync();
        await _bench.Upkeep.RunAsync(mirror, default);
        for (int sync = 0; sync < 4; sync++)
        {
            await _bench.CommitAsync(bytes: 1_000);
            await _bench.SyncAsync(mirror, mayOrphan: sortsOut);
        }

        string[] before = MirrorBench.FilesOf(mirror, "*.pack");
        Task running;
        using (mirror.TryRead())
        {
            running = _bench.Upkeep.RunAsync(mirror, default);
            await Eventually.TrueAsync("new packs are in", () => MirrorBench.FilesOf(mirror, "*.pack").Except(before).Any());
            await Eventually.TrueAsync(
                "they are indexed",
                () =>
                    Directory.GetFileSystemEntries(_bench.Data.Temporary).Length == 0
                    || FileStamp.Of(Path.Combine(mirror.Objects, "pack/multi-pack-index"))?.Changed
                        > before.Max(static pack => FileStamp.Of(pack)!.Value.Changed)
            );
            Assert.All(before, static pack => Assert.True(File.Exists(pack)));
            Assert.False(running.IsCompleted);

            // A reader that begins now is not waited for, and reads as well.
            using MirrorLease? later = mirror.TryRead();
            Assert.NotNull(later);
        }

        await running;
        Assert.All(before, static pack => Assert.False(File.Exists(pack)));
        await AssertIndexedAsync(mirror);
    }

    /// <summary>Answers are made all the time while syncs come, packs are rolled up and orphans sorted out: each is whole.</summary>
    [Fact]
    public async Task Answers_AreWhole_WhileTheMirrorIsKeptInShape()
    {
        Mirror mirror = await _bench.MakeAsync();
        var uploadPack = new UploadPack(_bench.Git, _bench.Data);
        using var stop = new CancellationTokenSource();
        int answers = 0;
        Task readers = Task.WhenAll(
            Enumerable
                .Range(0, 3)
                .Select(async reader =>
                {
                    while (!stop.IsCancellationRequested)
                    {
                        ObjectId tip = mirror.Refs.Find("refs/heads/main")!.Id;
                        using MirrorLease? lease = mirror.TryRead();
                        Assert.NotNull(lease);
                        var request = new FetchRequest
                        {
                            Wants = [tip],
                            Pack = PackWhen.AtOnce,
                            OfsDelta = true,
                            Depth = reader == 0 ? 2 : null,
                        };
                        await using GitProcess git = await uploadPack.StartAsync(
                            lease,
                            request,
                            snapshot: null,
                            withOrphans: false,
                            threads: 1,
                            CancellationToken.None
                        );
                        using var answer = new MemoryStream();
                        await git.Output.CopyToAsync(answer);
                        Assert.Equal(0, await git.WaitAsync());
                        Assert.True(answer.GetBuffer().AsSpan(0, (int)answer.Length).EndsWith("0000"u8), git.ErrorText);
                        Interlocked.Increment(ref answers);
                    }
                })
        );

        var watch = Stopwatch.StartNew();
        for (int round = 0; round < 12 && watch.Elapsed < TimeSpan.FromSeconds(25); round++)
        {
            await _bench.CommitAsync(bytes: 50_000);
            if (round % 4 == 3)
            {
                await _bench.Source.RunAsync("update-ref", "refs/heads/main", "refs/heads/main~2");
            }

            await _bench.SyncAsync(mirror, mayOrphan: round % 4 == 3);
            await _bench.Upkeep.RunAsync(mirror, default);
            if (readers.IsCompleted)
            {
                break;
            }
        }

        await stop.CancelAsync();
        await readers;
        Assert.True(answers > 10, $"{answers} answers");
        await AssertIndexedAsync(mirror);
    }

    private static string[] FilesAndTimes(Mirror mirror) =>
        [
            .. Directory
                .GetFiles(mirror.Objects, "*", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
                .Select(static file => $"{file} {File.GetLastWriteTimeUtc(file):O}"),
        ];

    /// <summary>Sound, and with everything that makes answers quick, of now and by git's own check.</summary>
    private async Task AssertIndexedAsync(Mirror mirror)
    {
        await _bench.AssertSoundAsync(mirror);
        await _bench.ExamineAsync(mirror, "multi-pack-index", "verify", "--no-progress");
        await _bench.ExamineAsync(mirror, "commit-graph", "verify", "--no-progress");
        Assert.NotEmpty(MirrorBench.FilesOf(mirror, "multi-pack-index-*.bitmap"));
        CommandResult bitmap = await _bench.TryExamineAsync(mirror, "rev-list", "--test-bitmap", "refs/heads/main");
        Assert.True(bitmap.ExitCode == 0 && bitmap.Error.Contains("OK!", StringComparison.Ordinal), bitmap.Error);
        Assert.Empty(Directory.GetFileSystemEntries(_bench.Data.Temporary));
    }
}
