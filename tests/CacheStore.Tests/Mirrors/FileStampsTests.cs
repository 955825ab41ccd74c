using Waystation.CacheStore.Mirrors;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Mirrors;

public sealed class FileStampsTests : IDisposable
{
    private readonly TempFolder temp = new();
    private readonly string objects, other;

    public FileStampsTests()
    {
        objects = temp.CreateFolder("objects");
        other = temp.CreateFolder("other");
        Write(other, "pack/pack-1.pack", "pack/pack-1.idx", "pack/pack-1.rev", "pack/multi-pack-index", "info/commit-graph");
    }

    public void Dispose() => temp.Dispose();

    [Fact]
    public void Adopt_MovesAndKnows()
    {
        FileStamps stamps = New();
        stamps.Adopt(other);
        Assert.True(stamps.AllHold());
        Assert.Equal(5 * 4, stamps.Bytes);
        Assert.Empty(FileStamps.FilesOf(other));
        Assert.True(New().AllHold(), "it is known after a restart");
    }

    [Fact]
    public void Change_IsSeen_ThoughSizeAndTimeAreAsTheyWere()
    {
        FileStamps stamps = New();
        stamps.Adopt(other);
        string pack = Path.Combine(objects, "pack/pack-1.pack");
        DateTime modified = File.GetLastWriteTimeUtc(pack);
        using (FileStream stream = File.OpenWrite(pack))
            stream.WriteByte((byte)'X');
        File.SetLastWriteTimeUtc(pack, modified);
        Assert.Equal(["pack/pack-1.pack"], stamps.Suspects());
        Assert.Equal(["pack/pack-1.pack"], New().Suspects());
        stamps.Trust(["pack/pack-1.pack"]);
        Assert.True(stamps.AllHold());
    }

    [Fact]
    public void File_IsSuspect_WhenItHasGone_OrCameByItself()
    {
        FileStamps stamps = New();
        stamps.Adopt(other);
        File.Delete(Path.Combine(objects, "pack/pack-1.rev"));
        Write(objects, "pack/pack-2.pack", "pack/pack-2.idx");
        Assert.Equal(["pack/pack-1.rev", "pack/pack-2.idx", "pack/pack-2.pack"], stamps.Suspects().Order(StringComparer.Ordinal));
        Assert.False(stamps.AllHold());
    }

    [Fact]
    public void Pack_CountsForNothing_WithoutItsIndex()
    {
        Write(objects, "pack/pack-2.pack", "pack/pack-2.rev", "pack/tmp_pack_xyz", "pack/pack-3.pack");
        Assert.Empty(FileStamps.FilesOf(objects));
        Assert.True(New().AllHold());
    }

    [Fact]
    public void Delete_RemovesAndForgets()
    {
        FileStamps stamps = New();
        stamps.Adopt(other);
        stamps.Delete(["pack/multi-pack-index", "pack/pack-1.pack", "pack/pack-1.idx", "pack/pack-1.rev", "pack/pack-9.pack"]);
        Assert.Equal(["info/commit-graph"], FileStamps.FilesOf(objects));
        Assert.True(stamps.AllHold());
        Assert.Equal(4, New().Bytes);
    }

    [Fact]
    public void Stamp_IsReadAsItWasWritten()
    {
        FileStamp stamp = FileStamp.Of(Path.Combine(other, "info/commit-graph"))!.Value;
        Assert.Equal(stamp, FileStamp.Parse(stamp.ToString()));
        Assert.Null(FileStamp.Of(temp["nothing"]));
        Assert.All(["", "1 2 3", "1 2 3 x", "-"], static text => Assert.Null(FileStamp.Parse(text)));
    }

    /// <summary>A line that does not read back is a file that nobody has checked: it costs a check, and is no failure.</summary>
    [Fact]
    public void Load_TakesWhatItCannotReadForUnknown()
    {
        New().Adopt(other);
        string[] lines = File.ReadAllLines(temp["stamps"]);
        File.WriteAllLines(temp["stamps"], [.. lines.Select(static (line, at) => at == 0 ? line.Split(' ')[0] + " nonsense" : line)]);
        Assert.Equal([lines[0].Split(' ')[0]], New().Suspects());
    }

    private static void Write(string folder, params string[] names)
    {
        foreach (string name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, name))!);
            File.WriteAllText(Path.Combine(folder, name), "four");
        }
    }

    private FileStamps New() => new(objects, temp["stamps"]);
}
