using System.Buffers.Binary;
using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Packs.Storing;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Packs;
using Waystation.GitProtocol.Requests;

namespace Waystation.CacheStore.Tests;

/// <summary>Packs that begin with an earlier one.</summary>
public sealed class ComposedPackTests
{
    private const int BaseLength = (3 * BlockSums.BlockLength) + 1_000;
    private const int Trailer = 20;

    [Theory]
    [InlineData(5_000, 100, 40, 90, 30_000)]
    [InlineData(0, 0, 7)]
    [InlineData(BlockSums.BlockLength, 1, BlockSums.BlockLength * 2)]
    public async Task Pack_IsTheEarlierOneAndAllIncrements_AlsoAfterARestart(params int[] increments)
    {
        await using var store = new Store();
        byte[] whole = await StoreBaseAsync(store);
        for (int i = 0; i < increments.Length; i++)
        {
            await ComposeAsync(store, 2 + i, increments[i]);
            await AssertWholeAsync(store, 2 + i, whole, increments[..(i + 1)]);
        }

        int count = store.Tier.Count;
        await store.RestartAsync();
        Assert.Equal(count, store.Tier.Count);
        for (int i = 0; i < increments.Length; i++)
        {
            await AssertWholeAsync(store, 2 + i, whole, increments[..(i + 1)]);
        }
    }

    [Fact]
    public async Task ManySmallIncrements_AreFewFilesForAReader_AndWrittenFewTimes()
    {
        await using var store = new Store();
        byte[] whole = await StoreBaseAsync(store);
        int[] increments = [.. Enumerable.Repeat(1_000, 60)];
        for (int i = 0; i < increments.Length; i++)
        {
            await ComposeAsync(store, 2 + i, increments[i]);
        }

        await AssertWholeAsync(store, 61, whole, increments);
        long written = store
            .StoredFiles.Where(static file => file.EndsWith(".increment", StringComparison.Ordinal))
            .Sum(static file => new FileInfo(file).Length);
        Assert.InRange(written, 60_000, 60_000 * 6);
    }

    [Fact]
    public async Task Eviction_TakesThePacksThatNeedIt_WithTheBase()
    {
        await using var store = new Store(new PackCacheOptions { MaxSize = 2 * BaseLength });
        await StoreBaseAsync(store);
        await ComposeAsync(store, 2, 5_000);
        await ComposeAsync(store, 3, 100_000);
        await store.StoreAsync(9, PackBytes.Make(BaseLength + 5_000));
        Assert.Equal(1, store.Tier.Count);
        Assert.Equal(2, store.StoredFiles.Length);
        Assert.Null(await store.Tier.TryOpenAsync(Store.KeyOf(3), isStranger: false, CancellationToken.None));
    }

    [Fact]
    public async Task UseOfAPack_IsAUseOfItsBase()
    {
        // On a busy machine one of the packs may take long to make, and then it is worth more than a few uses.
        await using var store = new Store(new PackCacheOptions { MaxSize = (3 * BaseLength) + 100_000 }, time: new StandingTime());
        await StoreBaseAsync(store);
        await ComposeAsync(store, 2, 5_000);
        await store.StoreAsync(8, PackBytes.Make(BaseLength - 1));
        for (int use = 0; use < 3; use++)
        {
            await ReadAsync(store, 2);
        }

        await store.StoreAsync(9, PackBytes.Make(BaseLength - 2));
        Assert.False(store.Tier.Contains(Store.KeyOf(8)));
        await ReadAsync(store, 2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Load_DropsAPack_WhoseBaseIsGoneOrAnother(bool isGone)
    {
        await using var store = new Store();
        await StoreBaseAsync(store);
        await ComposeAsync(store, 2, 5_000);
        string pack = store.FileOf(1, ".pack"),
            record = store.FileOf(1, ".record");
        await using var other = new Store();
        await StoreBaseAsync(other, BaseLength + 1);
        await store.RestartAsync(() =>
        {
            File.Delete(pack);
            File.Delete(record);
            if (!isGone)
            {
                File.Copy(other.FileOf(1, ".pack"), pack);
                File.Copy(other.FileOf(1, ".record"), record);
            }
        });
        Assert.Equal(isGone ? 0 : 1, store.Tier.Count);
        Assert.Equal(isGone ? 0 : 2, store.StoredFiles.Length);
    }

    [Fact]
    public async Task RemoveAll_RemovesIncrements()
    {
        await using var store = new Store();
        await StoreBaseAsync(store);
        await ComposeAsync(store, 2, 5_000);
        Assert.Equal(2, store.Tier.RemoveAll(Store.Repository).Count);
        Assert.Empty(store.StoredFiles);
        Assert.Equal(0, store.Tier.Bytes);
    }

    [Fact]
    public async Task RotInAnIncrement_IsNoticed_AndTheBaseStays()
    {
        await using var store = new Store();
        await StoreBaseAsync(store);
        await ComposeAsync(store, 2, 5_000);
        Flip(store.FileOf(2, ".increment"), 4_000);
        await Assert.ThrowsAsync<PackDamagedException>(() => ReadAsync(store, 2));
        Assert.False(store.Tier.Contains(Store.KeyOf(2)));
        await ReadAsync(store, 1);
    }

    [Fact]
    public async Task RotInTheBase_IsNoticedByTheNextComposition()
    {
        await using var store = new Store();
        await StoreBaseAsync(store);
        EarlierPack earlier = Assert.Single(store.Tier.EarlierThan(CloneOf(2)));
        Flip(store.FileOf(1, ".pack"), BlockSums.BlockLength + 7);
        Assert.False(await TryComposeAsync(store, 2, 5_000, earlier));
        Assert.Equal((0, 1L), (store.Tier.Count, store.Quarantined));
    }

    [Fact]
    public async Task KnownClient_MakesTheBaseOfStrangersKnown()
    {
        await using var store = new Store();
        await StoreBaseAsync(store, isOfStranger: true);
        await ComposeAsync(store, 2, 5_000);
        Assert.Equal(0, store.Tier.BytesOfStrangers);
        await store.RestartAsync();
        await ReadAsync(store, 2);
        Assert.Equal(0, store.Tier.BytesOfStrangers);
    }

    private static WholeClone CloneOf(int number) =>
        WholeClone.Of(Store.Repository, new FetchRequest { Wants = [Store.IdOf(number)], Pack = PackWhen.AtOnce })!;

    private static async Task<byte[]> StoreBaseAsync(Store store, int length = BaseLength, bool isOfStranger = false)
    {
        byte[] pack = PackBytes.Make(length);
        FillPlan plan = Store.PlanOf(1) with { WholeClone = CloneOf(1), IsOfStranger = isOfStranger };
        await using (FillReader reader = store.Fills.JoinOrBegin(plan, Store.SourceOf(pack), out _))
        {
            await Store.ReadAsync(reader);
        }

        await store.SettleAsync();
        return pack;
    }

    private static async Task ComposeAsync(Store store, int number, int length) =>
        Assert.True(await TryComposeAsync(store, number, length, store.Tier.EarlierThan(CloneOf(number))[0]));

    private static async Task<bool> TryComposeAsync(Store store, int number, int length, EarlierPack earlier)
    {
        string path = store.Folder.NewTemporaryPath(".increment");
        byte[] objects = ObjectsOf(length);
        await File.WriteAllBytesAsync(path, [.. "PACK\0\0\0\u0002\0\0\0\u0001"u8, .. objects]);
        using var increment = new PackIncrement(path, 1, length);
        bool isComposed = false;
        FillPlan plan = Store.PlanOf(number) with { WholeClone = CloneOf(number) };
        await using (
            FillReader reader = store.Fills.JoinOrBegin(
                plan,
                async fill =>
                {
                    isComposed = await store.Tier.TryComposeAsync(fill, earlier, increment, TimeSpan.FromSeconds(1));
                    return FillOutcome.Stored;
                },
                out _
            )
        )
        {
            await reader.BeginAsync(CancellationToken.None);
        }

        await store.SettleAsync();
        Assert.DoesNotContain(store.TemporaryFiles, file => file != path);
        return isComposed;
    }

    private static byte[] ObjectsOf(int length)
    {
        byte[] objects = new byte[length];
        new Random(length).NextBytes(objects);
        return objects;
    }

    /// <summary>The objects of the base lie where they lay, those of each increment somewhere behind, and the trailer is right.</summary>
    private static async Task AssertWholeAsync(Store store, int number, byte[] whole, int[] increments)
    {
        byte[] pack = await ReadAsync(store, number);
        Assert.Equal(whole.Length + increments.Sum(), pack.Length);
        Assert.Equal(1 + increments.Length, BinaryPrimitives.ReadInt32BigEndian(pack.AsSpan(8)));
        Assert.True(pack.AsSpan(12, whole.Length - 12 - Trailer).SequenceEqual(whole.AsSpan(12, whole.Length - 12 - Trailer)));
        foreach (int increment in increments)
        {
            Assert.True(pack.AsSpan(whole.Length - Trailer).IndexOf(ObjectsOf(increment)) >= 0);
        }

        using var check = new PackTrailerCheck(ObjectFormat.Sha1);
        check.Append(pack);
        Assert.True(check.IsWhole());
    }

    private static async Task<byte[]> ReadAsync(Store store, int number)
    {
        await using PackReader? reader = await store.Tier.TryOpenAsync(Store.KeyOf(number), isStranger: false, CancellationToken.None);
        Assert.NotNull(reader);
        return await Store.ReadAsync(reader);
    }

    private static void Flip(string file, long at)
    {
        using FileStream stream = File.Open(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = at;
        int old = stream.ReadByte();
        stream.Position = at;
        stream.WriteByte((byte)(old ^ 1));
    }

    /// <summary>All takes no time.</summary>
    private sealed class StandingTime : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }
}
