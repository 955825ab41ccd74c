using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Responses;

namespace Waystation.CacheStore.Tests;

public sealed class DiskPackTierTests
{
    private const int Block = BlockSums.BlockLength;

    [Fact]
    public async Task TryOpen_GivesPackAndPrologueBack_WhenTheAnswerWasStored()
    {
        await using var store = new Store();
        byte[] pack = PackBytes.Make((3 * Block) + 1);
        var prologue = new FetchPrologue
        {
            HasShallowInfo = true,
            Shallow = [Store.IdOf(7)],
            Unshallow = [Store.IdOf(8), Store.IdOf(9)],
        };
        await store.StoreAsync(1, pack, prologue);

        await AssertReadsBackAsync(store, 1, pack);
        await using PackReader reader = (await store.Tier.TryOpenAsync(Store.KeyOf(1), isStranger: false, CancellationToken.None))!;
        Assert.True(reader.Prologue.HasShallowInfo);
        Assert.Equal(prologue.Shallow, reader.Prologue.Shallow);
        Assert.Equal(prologue.Unshallow, reader.Prologue.Unshallow);
        Assert.Equal(pack.Length, reader.PackLength);
        Assert.Empty(store.TemporaryFiles);
    }

    [Fact]
    public async Task TryOpen_GivesNull_WhenNothingWasStored()
    {
        await using var store = new Store();
        Assert.Null(await store.Tier.TryOpenAsync(Store.KeyOf(1), isStranger: false, CancellationToken.None));
    }

    [Fact]
    public async Task Load_FindsTheAnswer_WhenTheStoreIsOpenedAgain()
    {
        await using var store = new Store();
        byte[] pack = PackBytes.Make(2 * Block);
        await store.StoreAsync(1, pack);
        await store.RestartAsync();
        await AssertReadsBackAsync(store, 1, pack);
    }

    [Fact]
    public async Task DataFolder_EmptiesItsTemporaryFolder_WhenItIsOpened()
    {
        await using var store = new Store();
        await store.RestartAsync(() => File.WriteAllText(store.Folder.NewTemporaryPath(".pack"), "half an answer"));
        Assert.Empty(store.TemporaryFiles);
    }

    [Theory]
    [InlineData(".pack")]
    [InlineData(".record")]
    public async Task Load_SweepsAFile_WhenItsPartnerIsMissing(string missing)
    {
        await using var store = new Store();
        byte[] pack = PackBytes.Make(Block);
        await store.StoreAsync(1, pack);
        await store.StoreAsync(2, pack);
        await store.RestartAsync(() => File.Delete(store.FileOf(1, missing)));

        Assert.False(store.Tier.Contains(Store.KeyOf(1)));
        Assert.Equal(2, store.StoredFiles.Length);
        await AssertReadsBackAsync(store, 2, pack);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task Load_SweepsPackAndRecord_WhenTheSizeIsNotThatOfTheRecord(int difference)
    {
        await using var store = new Store();
        byte[] pack = PackBytes.Make(5000);
        const int answers = 8;
        for (int number = 0; number < answers; number++)
        {
            await store.StoreAsync(number, pack);
        }

        await store.RestartAsync(() =>
        {
            for (int number = 0; number < answers; number++)
            {
                using FileStream file = File.OpenWrite(store.FileOf(number, ".pack"));
                file.SetLength(pack.Length + difference);
            }
        });
        Assert.False(store.Tier.Contains(Store.KeyOf(1)));
        Assert.Empty(store.StoredFiles);
    }

    [Fact]
    public async Task Load_SweepsPackAndRecord_WhenTheRecordDoesNotReadBack()
    {
        await using var store = new Store();
        await store.StoreAsync(1, PackBytes.Make(5000));
        await store.StoreAsync(2, PackBytes.Make(5000));
        await store.RestartAsync(() =>
        {
            Flip(store.FileOf(1, ".record"), 20);
            Flip(store.FileOf(2, ".record"), 20);
        });
        Assert.Empty(store.StoredFiles);
    }

    [Fact]
    public async Task TryOpen_GivesNullAndPutsTheEntryAside_WhenABitOfTheFirstBlockFlipped()
    {
        await using var store = new Store();
        await store.StoreAsync(1, PackBytes.Make(3 * Block));
        Flip(store.FileOf(1, ".pack"), Block - 1);
        Assert.Null(await store.Tier.TryOpenAsync(Store.KeyOf(1), isStranger: false, CancellationToken.None));
        AssertGone(store, 1);
    }

    [Fact]
    public async Task Verify_ThrowsAtTheBlockAndPutsTheEntryAside_WhenABitOfALaterBlockFlipped()
    {
        await using var store = new Store();
        byte[] pack = PackBytes.Make((4 * Block) + 10);
        await store.StoreAsync(1, pack);
        Flip(store.FileOf(1, ".pack"), (2 * Block) + 5);

        await using PackReader reader = (await store.Tier.TryOpenAsync(Store.KeyOf(1), isStranger: false, CancellationToken.None))!;
        for (int block = 0; block < 3; block++)
        {
            byte[] bytes = new byte[(await reader.NextAsync(CancellationToken.None)).Length];
            Assert.Equal(Block, bytes.Length);
            await reader.ReadAsync(bytes, CancellationToken.None);
            if (block < 2)
            {
                reader.Verify();
                Assert.Equal(pack[(block * Block)..((block + 1) * Block)], bytes);
            }
        }

        Assert.Throws<PackDamagedException>(reader.Verify);
        AssertGone(store, 1);
    }

    [Fact]
    public async Task Verify_Throws_WhenABitOfTheShortLastBlockFlipped()
    {
        await using var store = new Store();
        byte[] pack = PackBytes.Make(Block + 300);
        await store.StoreAsync(1, pack);
        Flip(store.FileOf(1, ".pack"), pack.Length - 1);
        await using PackReader reader = (await store.Tier.TryOpenAsync(Store.KeyOf(1), isStranger: false, CancellationToken.None))!;
        await Assert.ThrowsAsync<PackDamagedException>(() => Store.ReadAsync(reader));
        AssertGone(store, 1);
    }

    [Fact]
    public async Task Read_ThrowsAndPutsTheEntryAside_WhenThePackWasCutInALaterBlock()
    {
        await using var store = new Store();
        await store.StoreAsync(1, PackBytes.Make(3 * Block));
        Cut(store.FileOf(1, ".pack"), (2 * Block) + 1);
        await using PackReader reader = (await store.Tier.TryOpenAsync(Store.KeyOf(1), isStranger: false, CancellationToken.None))!;
        await Assert.ThrowsAsync<PackDamagedException>(() => Store.ReadAsync(reader));
        AssertGone(store, 1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task TryOpen_GivesNullAndPutsTheEntryAside_WhenThePackWasCutInTheFirstBlock(int length)
    {
        await using var store = new Store();
        await store.StoreAsync(1, PackBytes.Make(1000));
        Cut(store.FileOf(1, ".pack"), length);
        Assert.Null(await store.Tier.TryOpenAsync(Store.KeyOf(1), isStranger: false, CancellationToken.None));
        AssertGone(store, 1);
    }

    [Theory]
    [InlineData(".pack")]
    [InlineData(".record")]
    public async Task TryOpen_GivesNull_WhenAFileVanished(string suffix)
    {
        await using var store = new Store();
        await store.StoreAsync(1, PackBytes.Make(1000));
        File.Delete(store.FileOf(1, suffix));
        Assert.Null(await store.Tier.TryOpenAsync(Store.KeyOf(1), isStranger: false, CancellationToken.None));
        AssertGone(store, 1);
    }

    [Fact]
    public async Task TryOpen_RefusesTheRecord_WhenItIsThatOfAnotherKey()
    {
        await using var store = new Store();
        byte[] pack = PackBytes.Make(1000);
        await store.StoreAsync(1, pack);
        await store.StoreAsync(2, pack);
        File.Copy(store.FileOf(2, ".record"), store.FileOf(1, ".record"), overwrite: true);
        Assert.Null(await store.Tier.TryOpenAsync(Store.KeyOf(1), isStranger: false, CancellationToken.None));
        AssertGone(store, 1);
        await AssertReadsBackAsync(store, 2, pack);
    }

    [Fact]
    public async Task Load_RefusesTheRecord_WhenItIsThatOfAnotherKey()
    {
        await using var store = new Store();
        byte[] pack = PackBytes.Make(1000);
        await store.StoreAsync(1, pack);
        await store.StoreAsync(2, pack);
        await store.RestartAsync(() => File.Copy(store.FileOf(2, ".record"), store.FileOf(1, ".record"), overwrite: true));
        Assert.False(store.Tier.Contains(Store.KeyOf(1)));
        await AssertReadsBackAsync(store, 2, pack);
        Assert.Equal(2, store.StoredFiles.Length);
    }

    [Fact]
    public async Task TryAdopt_EvictsOthers_WhenTheSizeIsReached()
    {
        const long maxSize = 8 * Block;
        await using var store = new Store(new PackCacheOptions { MaxSize = maxSize });
        byte[] pack = PackBytes.Make(2 * Block);
        const int answers = 10;
        for (int number = 0; number < answers; number++)
        {
            await store.StoreAsync(number, pack);
            Assert.InRange(store.StoredFiles.Sum(f => new FileInfo(f).Length), pack.Length, maxSize);
        }

        Assert.True(store.EvictedBytes > 0);
        Assert.Equal(0, store.Failures);
        int[] left = [.. Enumerable.Range(0, answers).Where(n => store.Tier.Contains(Store.KeyOf(n)))];
        Assert.Equal(2 * left.Length, store.StoredFiles.Length);
        Assert.NotEmpty(left);
        Assert.NotEqual(answers, left.Length);
        foreach (int number in left)
        {
            await AssertReadsBackAsync(store, number, pack);
        }
    }

    [Fact]
    public async Task Reader_ReadsOn_WhenItsAnswerIsEvicted()
    {
        await using var store = new Store(new PackCacheOptions { MaxSize = 8 * Block });
        byte[] pack = PackBytes.Make(3 * Block);
        await store.StoreAsync(1, pack);
        await using PackReader reader = (await store.Tier.TryOpenAsync(Store.KeyOf(1), isStranger: false, CancellationToken.None))!;
        Assert.True(store.Tier.TryMakeRoom(8 * Block));
        Assert.Empty(store.StoredFiles);
        Assert.Equal(pack, await Store.ReadAsync(reader));
    }

    private static async Task AssertReadsBackAsync(Store store, int number, byte[] pack)
    {
        await using PackReader? reader = await store.Tier.TryOpenAsync(Store.KeyOf(number), isStranger: false, CancellationToken.None);
        Assert.NotNull(reader);
        Assert.Equal(pack, await Store.ReadAsync(reader, 40_000));
    }

    private static void AssertGone(Store store, int number)
    {
        Assert.False(store.Tier.Contains(Store.KeyOf(number)));
        Assert.Equal(1, store.Quarantined);
        Assert.DoesNotContain(store.StoredFiles, f => Path.GetFileNameWithoutExtension(f) == Store.KeyOf(number).ToString());
    }

    private static void Flip(string path, int at)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[at] ^= 0x10;
        File.WriteAllBytes(path, bytes);
    }

    private static void Cut(string path, long length)
    {
        using FileStream file = File.OpenWrite(path);
        file.SetLength(length);
    }
}
