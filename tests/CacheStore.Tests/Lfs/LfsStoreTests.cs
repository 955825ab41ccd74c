using System.IO.Pipelines;
using Waystation.CacheStore.Lfs;
using Waystation.FetchCore.Tests;
using Waystation.GitProtocol.Lfs;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Lfs;

public sealed class LfsStoreTests
{
    private const int Block = ObjectBench.Block;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(10_000)]
    [InlineData(Block - 1)]
    [InlineData(Block)]
    [InlineData(Block + 1)]
    [InlineData((3 * Block) + 12_345)]
    public async Task Object_IsFilled_ThenHit_AlsoAfterARestart(int length)
    {
        await using var bench = new ObjectBench();
        byte[] content = ObjectBench.Noise(length);
        LfsObject one = await bench.StoreAsync(content);
        for (int again = 0; again < 2; again++)
        {
            await using (LfsReading hit = bench.Store.Open(ObjectBench.A, one, ObjectBench.Never))
            {
                Assert.Equal(LfsServed.Hit, hit.Served);
                Assert.Equal(content, await ObjectBench.ReadAsync(hit, size: length));
            }

            await using (LfsReading? stored = bench.Store.TryOpenStored(ObjectBench.B, one))
            {
                Assert.Equal(content, await ObjectBench.ReadAsync(stored!, size: length));
            }

            Assert.Equal((1, (long)length), (bench.Store.Count, bench.Store.Bytes));
            await bench.RestartAsync();
        }

        Assert.Equal([bench.FileOf(one)], bench.StoredFiles);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(bench.FileOf(one)));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Path.GetDirectoryName(bench.FileOf(one))!)
        );
        Assert.Null(bench.Store.TryOpenStored(ObjectBench.A, one with { Size = length + 1 }));
    }

    [Fact]
    public async Task SixteenReaders_CostOneDownload()
    {
        await using var bench = new ObjectBench();
        byte[] content = ObjectBench.Noise((5 * Block) + 77);
        LfsObject one = ObjectBench.ObjectOf(content);
        TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int asked = 0;
        LfsReading[] readings =
        [
            .. Enumerable
                .Range(0, 16)
                .Select(_ =>
                    bench.Store.Open(
                        ObjectBench.A,
                        one,
                        async fill =>
                        {
                            Interlocked.Increment(ref asked);
                            await all.Task;
                            await ObjectBench.SourceOf(content, 7_777)(fill);
                        }
                    )
                ),
        ];
        Assert.Equal(1, readings.Count(static reading => reading.Served == LfsServed.Fill));
        Assert.Equal(15, readings.Count(static reading => reading.Served == LfsServed.Join));
        all.SetResult();
        foreach (byte[] read in await Task.WhenAll(readings.Select(reading => ObjectBench.ReadAsync(reading, size: content.Length))))
        {
            Assert.Equal(content, read);
        }

        foreach (LfsReading reading in readings)
        {
            await reading.DisposeAsync();
        }

        await Eventually.TrueAsync("stored", () => bench.Store.Contains(one));
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task Ranges_AreExact_FromDiskAndWhileTheObjectComes()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        await using var bench = new ObjectBench();
        for (int round = 0; round < 40; round++)
        {
            byte[] content = ObjectBench.Noise(random.Next(1, 4 * Block), random.Next());
            LfsObject one = ObjectBench.ObjectOf(content);
            int piece = random.Next(1_000, 2 * Block);
            Func<ILfsSink, Task> source = ObjectBench.SourceOf(content, piece);
            await Task.WhenAll(
                Enumerable
                    .Range(0, 6)
                    .Select(async _ =>
                    {
                        (int from, int count) = Range(random, content.Length);
                        await using LfsReading reading = bench.Store.Open(ObjectBench.A, one, source);
                        byte[] read = await ObjectBench.ReadAsync(reading, from, count);
                        Assert.True(
                            content.AsSpan(from, count).SequenceEqual(read),
                            $"seed {seed}, round {round}: {reading.Served} of {from}+{count} of {content.Length}"
                        );
                    })
            );
            await Eventually.TrueAsync("stored", () => bench.Store.Contains(one));
            for (int ask = 0; ask < 6; ask++)
            {
                (int from, int count) = Range(random, content.Length);
                await using LfsReading reading = bench.Store.Open(ObjectBench.A, one, ObjectBench.Never);
                byte[] read = await ObjectBench.ReadAsync(reading, from, count);
                Assert.True(content.AsSpan(from, count).SequenceEqual(read), $"seed {seed}, round {round}: {from}+{count}");
            }
        }
    }

    [Fact]
    public async Task PartOfAnObject_DoesNotLeaveWhole_BeforeTheObjectIsKnownToBeRight()
    {
        await using var bench = new ObjectBench();
        byte[] content = ObjectBench.Noise(4 * Block);
        LfsObject one = ObjectBench.ObjectOf(content);
        TaskCompletionSource mostCame = new(TaskCreationOptions.RunContinuationsAsynchronously),
            goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LfsReading reading = bench.Store.Open(
            ObjectBench.A,
            one,
            async fill =>
            {
                await fill.WriteAsync(content.AsMemory(0, 3 * Block));
                mostCame.SetResult();
                await goOn.Task;
                byte[] wrong = ObjectBench.Noise(Block, 2);
                await fill.WriteAsync(wrong);
            }
        );
        using var read = new MemoryStream();
        PipeWriter output = PipeWriter.Create(read);
        Assert.Null(await reading.WaitAsync(CancellationToken.None));
        Task copying = reading.CopyToAsync(output, 0, Block + 100, CancellationToken.None);
        await mostCame.Task;
        await Eventually.TrueAsync("the first block has left", () => read.Length == Block);
        goOn.SetResult();
        await Assert.ThrowsAsync<LfsBrokenException>(() => copying.WaitAsync(ObjectBench.Patience));
        Assert.Equal(Block, read.Length);
    }

    [Fact]
    public async Task Fill_GoesOn_WhenItsReaderHasLeft_ButOnlyAFew()
    {
        await using var bench = new ObjectBench();
        TaskCompletionSource left = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var objects = new List<LfsObject>();
        int stopped = 0;
        for (int i = 0; i < 12; i++)
        {
            byte[] content = ObjectBench.Noise(1_000, i);
            objects.Add(ObjectBench.ObjectOf(content));
            LfsReading reading = bench.Store.Open(
                ObjectBench.A,
                objects[^1],
                async fill =>
                {
                    try
                    {
                        await left.Task.WaitAsync(fill.Stopping);
                    }
                    catch (OperationCanceledException)
                    {
                        Interlocked.Increment(ref stopped);
                        throw;
                    }

                    await ObjectBench.SourceOf(content)(fill);
                }
            );
            await reading.DisposeAsync();
        }

        await Eventually.TrueAsync("those too many have stopped", () => stopped == 4);
        left.SetResult();
        await Eventually.TrueAsync("the others are stored", () => bench.Store.Count == 8);
        Assert.Equal(4, stopped);
    }

    [Fact]
    public async Task SilentSource_HoldsNoFollowerUp()
    {
        var time = new ManualTime();
        await using var bench = new ObjectBench(time: time);
        byte[] content = ObjectBench.Noise(2 * Block);
        LfsObject one = ObjectBench.ObjectOf(content);
        TaskCompletionSource silent = new(TaskCreationOptions.RunContinuationsAsynchronously),
            asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using LfsReading starter = bench.Store.Open(
            ObjectBench.A,
            one,
            async fill =>
            {
                asked.SetResult();
                await silent.Task.WaitAsync(fill.Stopping);
            }
        );
        await asked.Task;
        await using LfsReading follower = bench.Store.Open(ObjectBench.A, one, ObjectBench.SourceOf(content));
        Assert.Equal(LfsServed.Join, follower.Served);
        Task<byte[]> reading = ObjectBench.ReadAsync(follower, size: content.Length);
        await time.TurnUntilAsync("the follower has its own fill", () => reading.IsCompleted, TimeSpan.FromMinutes(1));
        Assert.Equal(content, await reading);
        Assert.Equal(LfsServed.Fill, follower.Served);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SourceThatIsSilentForLong_EndsItsFill_WithAndWithoutReaders(bool isFollowed)
    {
        var time = new ManualTime();
        await using var bench = new ObjectBench(time: time);
        LfsObject one = ObjectBench.ObjectOf(ObjectBench.Noise(2 * Block));
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously),
            asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        LfsReading reading = bench.Store.Open(
            ObjectBench.A,
            one,
            async fill =>
            {
                await fill.WriteAsync(new byte[1_000]);
                asked.SetResult();
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, fill.Stopping);
                }
                finally
                {
                    ended.SetResult();
                }
            }
        );
        await asked.Task;
        Task<LfsRefusal?> waiting = isFollowed ? reading.WaitAsync(CancellationToken.None) : Task.FromResult<LfsRefusal?>(null);
        if (!isFollowed)
        {
            await reading.DisposeAsync();
        }

        await time.TurnUntilAsync("the source is cancelled", () => ended.Task.IsCompleted, TimeSpan.FromMinutes(2));
        Assert.InRange(time.GetUtcNow(), DateTimeOffset.UnixEpoch.AddYears(56).AddSeconds(59), DateTimeOffset.MaxValue);
        await Eventually.TrueAsync("the temporary file is gone", () => bench.TemporaryFiles.Length == 0);
        if (isFollowed)
        {
            Assert.Equal(502, (await waiting)?.Status);
            await reading.DisposeAsync();
        }
    }

    [Fact]
    public async Task LargeObject_PassesInLittleMemory()
    {
        await using var bench = new ObjectBench();
        const long Length = 300L << 20;
        byte[] piece = ObjectBench.Noise(1 << 20);
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        for (long at = 0; at < Length; at += piece.Length)
        {
            hash.AppendData(piece);
        }

        var one = new LfsObject(LfsObjectId.FromRaw(hash.GetHashAndReset()), Length);
        for (int ask = 0; ask < 2; ask++)
        {
            await using LfsReading reading = bench.Store.Open(
                ObjectBench.A,
                one,
                async fill =>
                {
                    for (long at = 0; at < Length; at += piece.Length)
                    {
                        await fill.WriteAsync(piece);
                    }
                }
            );
            long before = GC.GetTotalAllocatedBytes();
            PipeWriter output = PipeWriter.Create(Stream.Null);
            Assert.Null(await reading.WaitAsync(CancellationToken.None));
            await reading.CopyToAsync(output, 0, Length, CancellationToken.None);
            Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64L << 20);
            await Eventually.TrueAsync("stored", () => bench.Store.Contains(one));
        }
    }

    private static (int From, int Count) Range(Random random, int length)
    {
        lock (random)
        {
            int from = random.Next(length);
            return (from, random.Next(3) == 0 ? length - from : random.Next(1, length - from + 1));
        }
    }
}
