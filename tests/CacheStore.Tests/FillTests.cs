using System.Collections.Concurrent;
using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Responses;

namespace Waystation.CacheStore.Tests;

public sealed class FillTests
{
    private const int Block = BlockSums.BlockLength;

    /// <summary>A disk reserve that no disk has free.</summary>
    private const long NoDisk = long.MaxValue / 4;

    [Theory]
    [InlineData(ObjectFormat.Sha1)]
    [InlineData(ObjectFormat.Sha256)]
    public async Task Fill_GivesEveryReaderTheExactBytes_WhenTheyReadAtDifferentSpeeds(ObjectFormat format)
    {
        await using var store = new Store();
        byte[] pack = PackBytes.Make((5 * Block) + 12_345, format);
        TaskCompletionSource joined = NewSignal();
        TaskCompletionSource finished = NewSignal();
        async Task<FillOutcome> Make(Fill fill)
        {
            await joined.Task;
            return await Store.SourceOf(pack, 77_777)(fill);
        }

        var reads = new List<Task<byte[]>>();
        foreach (int piece in new[] { 999, 4096, 70_001, Block, int.MaxValue })
        {
            reads.Add(ReadAndLeaveAsync(store.Fills.JoinOrBegin(Store.PlanOf(1, format: format), Make, out bool began), piece));
            Assert.Equal(reads.Count == 1, began);
        }

        // This one stops after its first piece until all the others are done.
        reads.Add(ReadAndLeaveAsync(store.Fills.JoinOrBegin(Store.PlanOf(1, format: format), Make, out _), 3000, _ => finished.Task));
        joined.SetResult();
        await Task.WhenAll(reads.SkipLast(1)).WaitAsync(Store.Patience);
        finished.SetResult();

        Assert.All(await Task.WhenAll(reads), bytes => Assert.Equal(pack, bytes));
    }

    [Fact]
    public async Task JoinOrBegin_BeginsExactlyOne_WhenManyAskAtOnce()
    {
        await using var store = new Store();
        byte[] pack = PackBytes.Make(Block);
        TaskCompletionSource joined = NewSignal();
        int begun = 0;
        int made = 0;
        var readers = new ConcurrentBag<FillReader>();
        using var together = new Barrier(64);
        Thread[] askers =
        [
            .. Enumerable
                .Range(0, 64)
                .Select(_ => new Thread(() =>
                {
                    together.SignalAndWait();
                    readers.Add(store.Fills.JoinOrBegin(Store.PlanOf(1), Make, out bool began));
                    Interlocked.Add(ref begun, began ? 1 : 0);
                })),
        ];
        foreach (Thread asker in askers)
        {
            asker.Start();
        }

        foreach (Thread asker in askers)
        {
            asker.Join();
        }

        joined.SetResult();
        Assert.All(await Task.WhenAll(readers.Select(r => ReadAndLeaveAsync(r))), bytes => Assert.Equal(pack, bytes));
        Assert.Equal(1, begun);
        Assert.Equal(1, made);

        async Task<FillOutcome> Make(Fill fill)
        {
            Interlocked.Increment(ref made);
            await joined.Task;
            return await Store.SourceOf(pack)(fill);
        }
    }

    [Theory]
    [InlineData(ObjectFormat.Sha1, 20)]
    [InlineData(ObjectFormat.Sha256, 32)]
    public async Task Fill_WithholdsTheTrailer_UntilItIsComplete(ObjectFormat format, int trailer)
    {
        await using var store = new Store();
        byte[] pack = PackBytes.Make(Block + 500, format);
        TaskCompletionSource written = NewSignal();
        TaskCompletionSource complete = NewSignal();
        await using FillReader reader = store.Fills.JoinOrBegin(
            Store.PlanOf(1, format: format),
            async fill =>
            {
                fill.Begin(new FetchPrologue(), FillSource.Primary);
                await Store.WriteAsync(fill, pack, 1000);
                written.SetResult();
                await complete.Task;
                return await fill.CompleteAsync(fill.Stopping);
            },
            out _
        );
        await written.Task.WaitAsync(Store.Patience);
        int read = 0;
        while (read < pack.Length - trailer)
        {
            PackStep step = await reader.NextAsync(CancellationToken.None).AsTask().WaitAsync(Store.Patience);
            Assert.Equal(PackStepKind.Bytes, step.Kind);
            await reader.ReadAsync(new byte[step.Length], CancellationToken.None);
            reader.Verify();
            read += step.Length;
        }

        Assert.Equal(pack.Length - trailer, read);
        Task<PackStep> next = reader.NextAsync(CancellationToken.None).AsTask();
        Assert.False(next.IsCompleted);
        complete.SetResult();
        Assert.Equal(new PackStep(PackStepKind.Bytes, trailer), await next.WaitAsync(Store.Patience));
        Assert.Equal(pack[^trailer..], await Store.ReadAsync(reader));
    }

    [Fact]
    public async Task Fill_FailsItsReadersAndStoresNothing_WhenTheTrailerIsWrong()
    {
        await using var store = new Store();
        byte[] pack = PackBytes.Make(2 * Block);
        pack[^1] ^= 1;
        await using FillReader reader = store.Fills.JoinOrBegin(Store.PlanOf(1), Store.SourceOf(pack), out _);
        long shown = 0;
        await Assert.ThrowsAsync<FillFailedException>(() =>
            Store.ReadAsync(
                reader,
                afterPiece: length =>
                {
                    shown = length;
                    return Task.CompletedTask;
                }
            )
        );
        Assert.InRange(shown, 0, pack.Length - 20);
        await AssertNothingStoredAsync(store, 1);
    }

    [Fact]
    public async Task Fill_FailsItsReadersAndStoresNothing_WhenTheSourceThrowsMidway()
    {
        await using var store = new Store();
        byte[] pack = PackBytes.Make(3 * Block);
        TaskCompletionSource joined = NewSignal();
        async Task<FillOutcome> Make(Fill fill)
        {
            await joined.Task;
            fill.Begin(new FetchPrologue(), FillSource.Primary);
            await Store.WriteAsync(fill, pack.AsMemory(0, Block + 7), 5000);
            return new FillOutcome.Broken("the source ended", "out of memory");
        }

        await using FillReader first = store.Fills.JoinOrBegin(Store.PlanOf(1), Make, out _);
        await using FillReader second = store.Fills.JoinOrBegin(Store.PlanOf(1), Make, out _);
        joined.SetResult();
        foreach (FillReader reader in new[] { first, second })
        {
            FillFailedException failure = await Assert.ThrowsAsync<FillFailedException>(() => Store.ReadAsync(reader));
            Assert.Equal("out of memory", failure.SourceError);
        }

        await AssertNothingStoredAsync(store, 1);
    }

    [Fact]
    public async Task Begin_FailsItsReader_WhenTheSourceThrowsBeforeThePrologue()
    {
        await using var store = new Store();
        await using FillReader reader = store.Fills.JoinOrBegin(Store.PlanOf(1), _ => throw new IOException("unreachable"), out _);
        FillOutcome? ended = await reader.BeginAsync(CancellationToken.None).WaitAsync(Store.Patience);
        Assert.Equal(new FillOutcome.Broken("unreachable"), ended);
        await AssertNothingStoredAsync(store, 1);
    }

    [Fact]
    public async Task Fill_GoesOnForTheOthers_WhenOneReaderLeaves()
    {
        await using var store = new Store();
        byte[] pack = PackBytes.Make(3 * Block);
        TaskCompletionSource left = NewSignal();
        async Task<FillOutcome> Make(Fill fill)
        {
            fill.Begin(new FetchPrologue(), FillSource.Primary);
            await Store.WriteAsync(fill, pack.AsMemory(0, Block), 5000);
            await left.Task;
            await Store.WriteAsync(fill, pack.AsMemory(Block), 5000);
            return await fill.CompleteAsync(fill.Stopping);
        }

        FillReader leaver = store.Fills.JoinOrBegin(Store.PlanOf(1, keepAtOnce: false), Make, out _);
        await using FillReader stayer = store.Fills.JoinOrBegin(Store.PlanOf(1, keepAtOnce: false), Make, out bool began);
        Assert.False(began);
        await leaver.NextAsync(CancellationToken.None).AsTask().WaitAsync(Store.Patience);
        await leaver.DisposeAsync();
        await leaver.DisposeAsync();
        left.SetResult();

        Assert.Equal(pack, await Store.ReadAsync(stayer));
    }

    [Fact]
    public async Task Fill_IsCancelled_WhenTheLastReaderLeavesWhatIsNotKeptAtOnce()
    {
        await using var store = new Store();
        TaskCompletionSource begun = NewSignal();
        TaskCompletionSource cancelled = NewSignal();
        FillReader reader = store.Fills.JoinOrBegin(
            Store.PlanOf(1, keepAtOnce: false),
            async fill =>
            {
                fill.Begin(new FetchPrologue(), FillSource.Primary);
                begun.SetResult();
                try
                {
                    await Task.Delay(Timeout.Infinite, fill.Stopping);
                }
                finally
                {
                    cancelled.SetResult();
                }

                return FillOutcome.Whole;
            },
            out _
        );
        await begun.Task.WaitAsync(Store.Patience);
        Assert.False(cancelled.Task.IsCompleted);
        await reader.DisposeAsync();

        await cancelled.Task.WaitAsync(Store.Patience);
        await using FillReader next = store.Fills.JoinOrBegin(Store.PlanOf(1), Store.SourceOf(PackBytes.Make(100)), out bool began);
        Assert.True(began);
    }

    [Fact]
    public async Task Fill_IsCancelled_WhenTheLastReaderLeavesWhatIsOutdated()
    {
        await using var store = new Store();
        TaskCompletionSource cancelled = NewSignal();
        async Task<FillOutcome> Make(Fill fill)
        {
            fill.Begin(new FetchPrologue(), FillSource.Primary);
            try
            {
                await Task.Delay(Timeout.Infinite, fill.Stopping);
            }
            finally
            {
                cancelled.SetResult();
            }

            return FillOutcome.Whole;
        }

        FillReader reader = store.Fills.JoinOrBegin(Store.PlanOf(1), Make, out _),
            follower = store.Fills.JoinOrBegin(Store.PlanOf(1), Make, out bool began);
        Assert.False(began);
        await reader.BeginAsync(CancellationToken.None).WaitAsync(Store.Patience);
        reader.EndWithLastReader();
        await reader.DisposeAsync();
        Assert.False(cancelled.Task.IsCompleted);
        await follower.DisposeAsync();
        await cancelled.Task.WaitAsync(Store.Patience);
    }

    [Fact]
    public async Task End_IsTold_HoweverItComes()
    {
        await using var store = new Store();
        byte[] pack = PackBytes.Make(Block);
        TaskCompletionSource joined = NewSignal();
        await using FillReader whole = store.Fills.JoinOrBegin(
            Store.PlanOf(1),
            async fill =>
            {
                await joined.Task;
                return await Store.SourceOf(pack)(fill);
            },
            out _
        );
        Task<bool> end = whole.EndAsync(CancellationToken.None);
        Assert.False(end.IsCompleted);
        joined.SetResult();
        Assert.True(await end.WaitAsync(Store.Patience));

        await using FillReader broken = store.Fills.JoinOrBegin(Store.PlanOf(2), static _ => throw new IOException("broken"), out _);
        Assert.False(await broken.EndAsync(CancellationToken.None).WaitAsync(Store.Patience));

        await store.StoreAsync(3, pack);
        await using FillReader stored = store.Fills.JoinOrBegin(Store.PlanOf(3), Store.SourceOf(pack), out bool began);
        Assert.True(began);
        Assert.False(await stored.EndAsync(CancellationToken.None).WaitAsync(Store.Patience));
    }

    [Fact]
    public async Task Fill_IsFinishedAndStored_WhenTheLastReaderLeavesWhatIsKeptAtOnce()
    {
        await using var store = new Store();
        byte[] pack = PackBytes.Make(2 * Block);
        TaskCompletionSource left = NewSignal();
        TaskCompletionSource<bool> made = new(TaskCreationOptions.RunContinuationsAsynchronously);
        FillReader reader = store.Fills.JoinOrBegin(
            Store.PlanOf(1),
            async fill =>
            {
                await left.Task;
                bool stopped = fill.Stopping.IsCancellationRequested;
                FillOutcome outcome = await Store.SourceOf(pack)(fill);
                made.SetResult(stopped);
                return outcome;
            },
            out _
        );
        await reader.DisposeAsync();
        left.SetResult();

        Assert.False(await made.Task.WaitAsync(Store.Patience));
        await store.SettleAsync();
        Assert.True(store.Tier.Contains(Store.KeyOf(1)));
    }

    [Fact]
    public async Task Answer_IsStored_WhenItIsAskedForASecondTime()
    {
        await using var store = new Store();
        byte[] pack = PackBytes.Make(Block);
        for (int ask = 1; ask <= 2; ask++)
        {
            FillPlan plan = Store.PlanOf(1, keepAtOnce: false);
            store.Admission.Count(plan.Repository, plan.Key);
            await using (FillReader reader = store.Fills.JoinOrBegin(plan, Store.SourceOf(pack), out bool began))
            {
                Assert.True(began);
                Assert.Equal(pack, await Store.ReadAsync(reader));
            }

            await store.SettleAsync();
            Assert.Equal(ask == 2, store.Tier.Contains(Store.KeyOf(1)));
            Assert.Empty(store.TemporaryFiles);
        }
    }

    [Fact]
    public async Task Fill_FailsItsReader_WhenTheAnswerIsInTheStoreByNow()
    {
        await using var store = new Store();
        await store.StoreAsync(1, PackBytes.Make(1000));
        bool made = false;
        await using FillReader reader = store.Fills.JoinOrBegin(
            Store.PlanOf(1),
            _ =>
            {
                made = true;
                return Task.FromResult(FillOutcome.Whole);
            },
            out _
        );
        Assert.Equal(FillOutcome.Stored, await reader.BeginAsync(CancellationToken.None).WaitAsync(Store.Patience));
        Assert.False(made);
        Assert.True(store.Tier.Contains(Store.KeyOf(1)));
    }

    [Fact]
    public async Task Fill_GivesEveryReaderAllBytes_WhenTheDiskTakesNothing()
    {
        await using var store = new Store(reserve: NoDisk);
        byte[] pack = PackBytes.Make((12 * Block) + 99);
        TaskCompletionSource joined = NewSignal();
        TaskCompletionSource ahead = NewSignal();
        TaskCompletionSource slowMayRead = NewSignal();
        TaskCompletionSource made = NewSignal();
        async Task<FillOutcome> Make(Fill fill)
        {
            await joined.Task;
            FillOutcome outcome = await Store.SourceOf(pack, 50_000)(fill);
            made.SetResult();
            return outcome;
        }

        Task<byte[]> fast = ReadAndLeaveAsync(
            store.Fills.JoinOrBegin(Store.PlanOf(1), Make, out _),
            afterPiece: length =>
            {
                if (length >= 2 * Block)
                {
                    ahead.TrySetResult();
                }

                return Task.CompletedTask;
            }
        );
        FillReader slowReader = store.Fills.JoinOrBegin(Store.PlanOf(1), Make, out bool began);
        Assert.False(began);
        Task<byte[]> slow = ReadAndLeaveAsync(slowReader, 4096, _ => slowMayRead.Task);
        joined.SetResult();
        await ahead.Task.WaitAsync(Store.Patience);

        // The window is full long before the end: source and fast reader wait for the slow one.
        Assert.False(made.Task.IsCompleted);
        slowMayRead.SetResult();
        Assert.Equal(pack, await fast);
        Assert.Equal(pack, await slow);
        Assert.Equal(1, store.Failures);
        await AssertNothingStoredAsync(store, 1);
    }

    [Fact]
    public async Task JoinOrBegin_BeginsAnew_WhenTheDiskRefusedTheFillUnderWay()
    {
        await using var store = new Store(reserve: NoDisk);
        byte[] pack = PackBytes.Make(2 * Block);
        TaskCompletionSource second = NewSignal();
        await using FillReader first = store.Fills.JoinOrBegin(
            Store.PlanOf(1),
            async fill =>
            {
                fill.Begin(new FetchPrologue(), FillSource.Primary);
                await second.Task;
                await Store.WriteAsync(fill, pack, 100_000);
                return await fill.CompleteAsync(fill.Stopping);
            },
            out _
        );
        await first.BeginAsync(CancellationToken.None).WaitAsync(Store.Patience);

        Task<byte[]> later = ReadAndLeaveAsync(store.Fills.JoinOrBegin(Store.PlanOf(1), Store.SourceOf(pack), out bool began));
        Assert.True(began);
        second.SetResult();
        Assert.Equal(pack, await later);
        Assert.Equal(pack, await Store.ReadAsync(first));
    }

    [Fact]
    public async Task Fill_GoesOnThroughMemory_WhenTheDiskRefusesMidway()
    {
        // Room for three blocks or so of an answer of ten.
        await using var store = new Store(new PackCacheOptions { MaxSize = 4 * Block });
        byte[] pack = PackBytes.Make(10 * Block);
        TaskCompletionSource joined = NewSignal();
        async Task<FillOutcome> Make(Fill fill)
        {
            await joined.Task;
            return await Store.SourceOf(pack, 30_000)(fill);
        }

        Task<byte[]>[] reads =
        [
            .. new[] { 1001, 65_536, int.MaxValue }.Select(piece =>
                ReadAndLeaveAsync(store.Fills.JoinOrBegin(Store.PlanOf(1), Make, out _), piece)
            ),
        ];
        joined.SetResult();
        Assert.All(await Task.WhenAll(reads), bytes => Assert.Equal(pack, bytes));
        Assert.Equal(1, store.Failures);
        await AssertNothingStoredAsync(store, 1);
    }

    /// <summary>
    /// A failure that concerns no credential reaches all; a failure of the starter's credential reaches the starter only.
    /// </summary>
    [Fact]
    public async Task Ending_IsToldToThoseWhomItConcerns()
    {
        await using var store = new Store();
        var failure = new IOException("no route");
        var reply = new Reply();
        var round = new FillOutcome.Round(FetchPrologue.Empty);
        var busy = new FillOutcome.Busy(TimeSpan.FromSeconds(3));
        (FillOutcome Ending, FillOutcome ToFollowers)[] rows =
        [
            (round, round),
            (busy, busy),
            (new FillOutcome.Broken("it broke"), new FillOutcome.Broken("it broke")),
            (new FillOutcome.Unreachable(failure), new FillOutcome.Broken("no route")),
            (new FillOutcome.NoPack(reply), new FillOutcome.Broken("the primary's response has no pack")),
        ];
        for (int row = 0; row < rows.Length; row++)
        {
            TaskCompletionSource<FillOutcome> made = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<FillOutcome> Make(Fill fill) => made.Task;
            await using FillReader starter = store.Fills.JoinOrBegin(Store.PlanOf(row + 1), Make, out _);
            FillReader[] followers =
            [
                .. Enumerable.Range(0, 19).Select(number => store.Fills.JoinOrBegin(Store.PlanOf(row + 1), Make, out _)),
            ];
            made.SetResult(rows[row].Ending);
            Assert.Equal(rows[row].Ending, await starter.BeginAsync(CancellationToken.None).WaitAsync(Store.Patience));
            foreach (FillReader follower in followers)
            {
                Assert.Equal(rows[row].ToFollowers, await follower.BeginAsync(CancellationToken.None).WaitAsync(Store.Patience));
                await follower.DisposeAsync();
            }
        }

        Assert.False(reply.IsDisposed); // the starter has it
    }

    [Fact]
    public async Task Reply_IsDisposed_WhenTheStarterHasLeft()
    {
        await using var store = new Store();
        (Reply early, Reply late) = (new Reply(), new Reply());
        TaskCompletionSource<FillOutcome> made = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FillReader follower = await LeaveAsync(made.Task);
        made.SetResult(new FillOutcome.NoPack(early));
        Assert.IsType<FillOutcome.Broken>(await follower.BeginAsync(CancellationToken.None).WaitAsync(Store.Patience));
        await store.SettleAsync();
        Assert.True(early.IsDisposed);

        FillReader starter = store.Fills.JoinOrBegin(
            Store.PlanOf(2),
            _ => Task.FromResult<FillOutcome>(new FillOutcome.NoPack(late)),
            out _
        );
        Assert.False(await starter.EndAsync(CancellationToken.None).WaitAsync(Store.Patience));
        await starter.DisposeAsync();
        await store.SettleAsync();
        Assert.True(late.IsDisposed);

        async Task<FillReader> LeaveAsync(Task<FillOutcome> outcome)
        {
            FillReader first = store.Fills.JoinOrBegin(Store.PlanOf(1), _ => outcome, out _),
                second = store.Fills.JoinOrBegin(Store.PlanOf(1), _ => outcome, out _);
            await first.DisposeAsync();
            return second;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async Task<byte[]> ReadAndLeaveAsync(FillReader reader, int piece = int.MaxValue, Func<long, Task>? afterPiece = null)
    {
        await using (reader)
        {
            await reader.BeginAsync(CancellationToken.None).WaitAsync(Store.Patience);
            return await Store.ReadAsync(reader, piece, afterPiece);
        }
    }

    private static async Task AssertNothingStoredAsync(Store store, int number)
    {
        await store.SettleAsync();
        Assert.False(store.Tier.Contains(Store.KeyOf(number)));
        Assert.Empty(store.StoredFiles);
        Assert.Empty(store.TemporaryFiles);
    }

    private sealed class Reply : IAsyncDisposable
    {
        public bool IsDisposed { get; private set; }

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
