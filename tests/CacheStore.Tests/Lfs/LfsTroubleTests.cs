using System.IO.Pipelines;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Lfs;
using Waystation.GitProtocol.Lfs;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Lfs;

/// <summary>Wrong bytes, lost sources, full disks and rot.</summary>
public sealed class LfsTroubleTests
{
    private const int Block = ObjectBench.Block;

    /// <summary>A disk reserve that no disk has free.</summary>
    private const long NoDisk = 1L << 60;

    public static TheoryData<int, string> WrongSources
    {
        get
        {
            var all = new TheoryData<int, string>();
            foreach (int length in new[] { 100, Block, (3 * Block) + 5 })
            {
                foreach (string wrong in new[] { "digest", "short", "long", "empty", "throws" })
                {
                    all.Add(length, wrong);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(WrongSources))]
    public async Task WrongObject_IsNotStored_NeverLooksWhole_AndARetryWorks(int length, string wrong)
    {
        await using var bench = new ObjectBench();
        byte[] content = ObjectBench.Noise(length);
        LfsObject one = ObjectBench.ObjectOf(content);
        byte[] other = Wrong(content, wrong);
        await using (
            LfsReading reading = bench.Store.Open(
                ObjectBench.A,
                one,
                async fill =>
                {
                    await ObjectBench.SourceOf(other, 50_000)(fill);
                    if (wrong == "throws")
                    {
                        throw new IOException("the connection was reset");
                    }
                }
            )
        )
        {
            using var read = new MemoryStream();
            PipeWriter output = PipeWriter.Create(read);
            LfsRefusal? refusal = await reading.WaitAsync(CancellationToken.None).WaitAsync(ObjectBench.Patience);
            if (refusal is null)
            {
                Assert.True(length > Block);
                await Assert.ThrowsAsync<LfsBrokenException>(() => reading.CopyToAsync(output, 0, length, CancellationToken.None));
            }
            else
            {
                Assert.Equal(502, refusal.Status);
            }

            Assert.InRange(read.Length, 0, Math.Max(0, length - Block));
        }

        await Eventually.TrueAsync("the temporary file is gone", () => bench.TemporaryFiles.Length == 0);
        Assert.Equal(0, bench.Store.Count);
        Assert.Empty(bench.StoredFiles);
        Assert.Equal(wrong == "throws" ? 0 : 1, bench.CountOf("waystation_lfs_rejected_total"));
        await bench.StoreAsync(content);
    }

    [Fact]
    public async Task Refusal_IsTheStartersOwn_AndItsFollowersAskForThemselves()
    {
        await using var bench = new ObjectBench();
        byte[] content = ObjectBench.Noise(Block);
        LfsObject one = ObjectBench.ObjectOf(content);
        TaskCompletionSource joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var forbidden = new LfsRefusal(403, "not yours");
        await using LfsReading starter = bench.Store.Open(
            ObjectBench.A,
            one,
            async fill =>
            {
                await joined.Task;
                fill.Refuse(forbidden);
            }
        );
        await using LfsReading follower = bench.Store.Open(ObjectBench.B, one, ObjectBench.SourceOf(content));
        Assert.Equal(LfsServed.Join, follower.Served);
        joined.SetResult();
        Assert.Same(forbidden, await starter.WaitAsync(CancellationToken.None).WaitAsync(ObjectBench.Patience));
        Assert.Equal(content, await ObjectBench.ReadAsync(follower, size: content.Length));
        Assert.Equal(LfsServed.Fill, follower.Served);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task BusySource_IsToldToAllThatWait(int status)
    {
        await using var bench = new ObjectBench();
        LfsObject one = ObjectBench.ObjectOf(ObjectBench.Noise(Block));
        TaskCompletionSource joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var busy = new LfsRefusal(status, "later", TimeSpan.FromSeconds(7));
        await using LfsReading starter = bench.Store.Open(
            ObjectBench.A,
            one,
            async fill =>
            {
                await joined.Task;
                fill.Refuse(busy);
            }
        );
        await using LfsReading follower = bench.Store.Open(ObjectBench.A, one, ObjectBench.Never);
        joined.SetResult();
        Assert.Same(busy, await starter.WaitAsync(CancellationToken.None).WaitAsync(ObjectBench.Patience));
        Assert.Same(busy, await follower.WaitAsync(CancellationToken.None).WaitAsync(ObjectBench.Patience));
    }

    [Fact]
    public async Task ManyFollowersOfRefusedStarters_EachGetTheirOwnAnswer()
    {
        await using var bench = new ObjectBench();
        LfsObject one = ObjectBench.ObjectOf(ObjectBench.Noise(Block));
        TaskCompletionSource joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
        LfsReading[] readings =
        [
            .. Enumerable
                .Range(0, 20)
                .Select(number =>
                    bench.Store.Open(
                        ObjectBench.A,
                        one,
                        async fill =>
                        {
                            await joined.Task;
                            fill.Refuse(new LfsRefusal(404, $"{number}"));
                        }
                    )
                ),
        ];
        joined.SetResult();
        for (int number = 0; number < readings.Length; number++)
        {
            LfsRefusal? refusal = await readings[number].WaitAsync(CancellationToken.None).WaitAsync(ObjectBench.Patience);
            Assert.Equal($"{number}", refusal?.Message);
            await readings[number].DisposeAsync();
        }
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(NoDisk)]
    public async Task FullDisk_FromTheStartOrInTheMiddle_CostsNoReaderAByte(long reserve)
    {
        // In the middle: something else takes half of the space, and cannot be evicted.
        await using var bench = new ObjectBench(reserve: reserve, diskMaxSize: 40L * Block);
        bench.Budget.Add(new Pinned(20L * Block));
        byte[] content = ObjectBench.Noise(30 * Block);
        LfsObject one = ObjectBench.ObjectOf(content);
        TaskCompletionSource joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
        LfsReading[] readings =
        [
            .. Enumerable
                .Range(0, 3)
                .Select(_ =>
                    bench.Store.Open(
                        ObjectBench.A,
                        one,
                        async fill =>
                        {
                            await joined.Task;
                            await ObjectBench.SourceOf(content)(fill);
                        }
                    )
                ),
        ];
        Task<byte[]>[] whole = [.. readings.Take(2).Select(reading => ObjectBench.ReadAsync(reading, size: content.Length))];
        Task<byte[]> part = ObjectBench.ReadAsync(readings[2], (4 * Block) + 3, 2 * Block);
        joined.SetResult();
        foreach (byte[] read in await Task.WhenAll(whole))
        {
            Assert.Equal(content, read);
        }

        Assert.Equal(content[((4 * Block) + 3)..((6 * Block) + 3)], await part);
        foreach (LfsReading reading in readings)
        {
            await reading.DisposeAsync();
        }

        await Eventually.TrueAsync("the temporary file is gone", () => bench.TemporaryFiles.Length == 0);
        Assert.Equal(0, bench.Store.Count);
        Assert.Equal(1, bench.CountOf("waystation_lfs_store_failures_total"));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(3, 0)]
    [InlineData(1, (2 * Block) - 1)]
    [InlineData(1, Block)]
    [InlineData(3, (3 * Block) + 7)]
    public async Task Rot_NeverLeaves_AndTheObjectComesAnew(int block, int from)
    {
        await using var bench = new ObjectBench();
        byte[] content = ObjectBench.Noise((3 * Block) + 10_000);
        LfsObject one = await bench.StoreAsync(content);
        await RotAsync(bench.FileOf(one), ((long)block * Block) + 9_999);
        int count = content.Length - from;
        await using (LfsReading reading = bench.Store.Open(ObjectBench.A, one, ObjectBench.SourceOf(content)))
        {
            using var read = new MemoryStream();
            PipeWriter output = PipeWriter.Create(read);
            Assert.Null(await reading.WaitAsync(CancellationToken.None));
            Task copying = reading.CopyToAsync(output, from, count, CancellationToken.None);
            bool hasFirst = block == 0 || from / Block == block;
            if (hasFirst)
            {
                await copying.WaitAsync(ObjectBench.Patience);
                Assert.Equal(content[from..], read.ToArray());
                Assert.Equal(LfsServed.Fill, reading.Served);
            }
            else
            {
                await Assert.ThrowsAsync<LfsBrokenException>(() => copying.WaitAsync(ObjectBench.Patience));
                Assert.Equal(content[from..(block * Block)], read.ToArray());
            }
        }

        Assert.Equal(1, bench.CountOf("waystation_lfs_quarantined_total"));
        Assert.Single(Directory.GetFiles(Path.Combine(bench.Folder.Root, "quarantine")));
        await using LfsReading again = bench.Store.Open(ObjectBench.A, one, ObjectBench.SourceOf(content));
        Assert.Equal(content, await ObjectBench.ReadAsync(again, size: content.Length));
    }

    [Theory]
    [InlineData("shorter")]
    [InlineData("longer")]
    [InlineData("gone")]
    [InlineData("folder")]
    [InlineData("pipe")]
    public async Task FileThatIsNotAsItWas_IsReplaced(string change)
    {
        await using var bench = new ObjectBench();
        byte[] content = ObjectBench.Noise(Block + 10);
        LfsObject one = await bench.StoreAsync(content);
        await ChangeAsync(bench.FileOf(one), content, change);
        await using LfsReading reading = bench.Store.Open(ObjectBench.A, one, ObjectBench.SourceOf(content));
        Assert.Equal(content, await ObjectBench.ReadAsync(reading, size: content.Length).WaitAsync(ObjectBench.Patience));
        Assert.Equal(LfsServed.Fill, reading.Served);
        Assert.Equal(1, bench.CountOf("waystation_lfs_quarantined_total"));
    }

    [Fact]
    public async Task Scrubbing_FindsRot_AndTakesItOutOfUse()
    {
        await using var bench = new ObjectBench();
        LfsObject good = await bench.StoreAsync(ObjectBench.Noise(2 * Block, 1)),
            bad = await bench.StoreAsync(ObjectBench.Noise(2 * Block, 2));
        await RotAsync(bench.FileOf(bad), Block + 1);
        foreach (ScrubItem item in bench.Store.ScrubItems().ToList())
        {
            Assert.Equal(2 * Block, item.Length);
            Assert.Equal(item.Name == $"lfs/{good.Id}", await item.CheckAsync(new ScrubPace(TimeProvider.System), CancellationToken.None));
        }

        Assert.True(bench.Store.Contains(good));
        Assert.False(bench.Store.Contains(bad));
    }

    private static byte[] Wrong(byte[] content, string wrong)
    {
        switch (wrong)
        {
            case "digest":
                byte[] other = [.. content];
                other[0] ^= 1;
                return other;
            case "short":
                return content[..^1];
            case "long":
                return [.. content, 0];
            case "empty":
                return [];
            default:
                return content[..(content.Length / 2)];
        }
    }

    private static async Task RotAsync(string file, long at)
    {
        byte[] bytes = await File.ReadAllBytesAsync(file);
        bytes[at] ^= 0x10;
        await File.WriteAllBytesAsync(file, bytes);
    }

    private static async Task ChangeAsync(string file, byte[] content, string change)
    {
        File.Delete(file);
        switch (change)
        {
            case "shorter":
                await File.WriteAllBytesAsync(file, content[..^1]);
                break;
            case "longer":
                await File.WriteAllBytesAsync(file, [.. content, 0]);
                break;
            case "folder":
                Directory.CreateDirectory(file);
                break;
            case "pipe":
                CommandResult made = await new Command("mkfifo", file).RunAsync();
                Assert.Equal(0, made.ExitCode);
                break;
        }
    }

    /// <summary>A store that takes space and gives none back.</summary>
    private sealed class Pinned(long bytes) : ISpaceHolder
    {
        public long Bytes => bytes;

        public long MaxBytes => bytes;

        public long BytesOfStrangers => 0;

        public double? LeastWorth(Evictable among, RepositoryName? spared) => null;

        public void TryEvict(Evictable among, RepositoryName? spared) { }
    }
}
