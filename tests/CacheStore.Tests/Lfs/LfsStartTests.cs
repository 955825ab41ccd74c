using Waystation.CacheStore.Lfs;
using Waystation.GitProtocol.Lfs;

namespace Waystation.CacheStore.Tests.Lfs;

/// <summary>The states in which a killed node leaves its files.</summary>
public sealed class LfsStartTests
{
    private const int Block = ObjectBench.Block;

    [Fact]
    public async Task FileThatTheLogDoesNotKnow_IsSwept()
    {
        await using var bench = new ObjectBench();
        LfsObject known = await bench.StoreAsync(ObjectBench.Noise(100));
        byte[] content = ObjectBench.Noise(200);
        LfsObject unknown = ObjectBench.ObjectOf(content);
        await bench.RestartAsync(() =>
        {
            // Killed between the rename of the object and the entry of the log; and strays.
            Directory.CreateDirectory(Path.GetDirectoryName(bench.FileOf(unknown))!);
            File.WriteAllBytes(bench.FileOf(unknown), content);
            File.WriteAllText(Path.Combine(bench.Folder.Lfs, "stray"), "?");
            File.WriteAllText(Path.Combine(bench.Folder.Temporary, "half.lfs"), "?");
            File.Copy(bench.FileOf(known), bench.FileOf(known) + "0");
        });
        Assert.Equal([bench.FileOf(known)], bench.StoredFiles);
        Assert.Empty(bench.TemporaryFiles);
        Assert.False(bench.Store.Contains(unknown));
        Assert.True(bench.Store.Contains(known));
        await bench.StoreAsync(content);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EntryWithoutItsFile_OrWithAnotherLength_IsForgotten(bool isShort)
    {
        await using var bench = new ObjectBench();
        byte[] content = ObjectBench.Noise(Block);
        LfsObject one = await bench.StoreAsync(content);
        await bench.RestartAsync(() =>
        {
            File.Delete(bench.FileOf(one));
            if (isShort)
            {
                File.WriteAllBytes(bench.FileOf(one), content[..^1]);
            }
        });
        Assert.False(bench.Store.Contains(one));
        Assert.Empty(bench.StoredFiles);
        Assert.Equal((0, 0L, 0L), (bench.Store.Count, bench.Store.Bytes, bench.Store.BytesOf(ObjectBench.A)));
        await bench.StoreAsync(content);
    }

    [Fact]
    public async Task LogThatIsCutAnywhere_KeepsTheEntriesBefore()
    {
        await using var bench = new ObjectBench();
        byte[] first = ObjectBench.Noise(10, 1),
            second = ObjectBench.Noise(10, 2);
        LfsObject one = await bench.StoreAsync(first);
        string log = Path.Combine(bench.Folder.Lfs, "log");
        await bench.RestartAsync();
        int before = (int)new FileInfo(log).Length;
        LfsObject two = await bench.StoreAsync(second);
        byte[] whole = await File.ReadAllBytesAsync(log);
        for (int cut = before; cut <= whole.Length; cut++)
        {
            await bench.RestartAsync(() =>
            {
                // The store sweeps the second file when it does not know it: put it back.
                File.WriteAllBytes(bench.FileOf(two), second);
                File.WriteAllBytes(log, whole[..cut]);
            });
            Assert.True(bench.Store.Contains(one));
            Assert.Equal(cut == whole.Length, bench.Store.Contains(two));
        }

        await using LfsReading reading = bench.Store.Open(ObjectBench.A, two, ObjectBench.Never);
        Assert.Equal(second, await ObjectBench.ReadAsync(reading, size: second.Length));
    }

    [Fact]
    public async Task LogThatRots_LosesTheEntryAndNoOther()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        await using var bench = new ObjectBench();
        List<(LfsObject One, byte[] Content)> all = [];
        for (int i = 0; i < 5; i++)
        {
            byte[] content = ObjectBench.Noise(100 + i, i);
            all.Add((await bench.StoreAsync(content), content));
        }

        string log = Path.Combine(bench.Folder.Lfs, "log");
        byte[] whole = await File.ReadAllBytesAsync(log);
        for (int round = 0; round < 50; round++)
        {
            await bench.RestartAsync(() =>
            {
                byte[] rotten = [.. whole];
                rotten[random.Next(rotten.Length)] ^= (byte)random.Next(1, 256);
                File.WriteAllBytes(log, rotten);
                foreach ((LfsObject one, byte[] content) in all)
                {
                    File.WriteAllBytes(bench.FileOf(one), content);
                }
            });
            Assert.True(bench.Store.Count == 4, $"seed {seed}, round {round}: {bench.Store.Count}");
            Assert.Equal(4, bench.StoredFiles.Length);
        }
    }

    [Fact]
    public async Task ManyChanges_DoNotMakeTheLogGrowForEver()
    {
        await using var bench = new ObjectBench();
        byte[] content = ObjectBench.Noise(10);
        LfsObject one = await bench.StoreAsync(content);
        for (int i = 0; i < 30_000; i++)
        {
            bench.Store.AddReference(new RepositoryName("git.example", $"team/repository-{i % 300}.git"), one);
            if (i % 250 == 0)
            {
                bench.Store.RemoveAll(new RepositoryName("git.example", $"team/repository-{i % 300}.git"));
            }
        }

        LfsObject other = await bench.StoreAsync(ObjectBench.Noise(11));
        for (int i = 0; i < 15_000; i++)
        {
            bench.Store.AddReference(ObjectBench.B, other);
            bench.Store.AddReference(ObjectBench.A, other);
            bench.Store.RemoveAll(ObjectBench.B);
        }

        Assert.InRange(new FileInfo(Path.Combine(bench.Folder.Lfs, "log")).Length, 1, 3L << 20);
        long bytes = bench.Store.BytesOf(ObjectBench.A);
        await bench.RestartAsync();
        Assert.Equal(bytes, bench.Store.BytesOf(ObjectBench.A));
        Assert.True(bench.Store.Contains(one) && bench.Store.Contains(other));
    }
}
