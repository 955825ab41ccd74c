using Waystation.CacheStore.Mirrors;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Mirrors;

public sealed class FileStampsTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly string _objects,
        _other;

    public FileStampsTests()
    {
        _objects = _temp.CreateFolder("objects");
        _other = _temp.CreateFolder("other");
        Write(_other, "pack/pack-1.pack", "pack/pack-1.idx", "pack/pack-1.rev", "pack/multi-pack-index", "info/commit-graph");
    }

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Adopt_MovesAndKnows()
    {
        FileStamps stamps = New();
        stamps.Adopt(_other);
        Assert.True(stamps.AllHold());
        Assert.Equal(5 * 4, stamps.Bytes);
        Assert.Empty(FileStamps.FilesOf(_other));
        Assert.True(New().AllHold(), "it is known after a restart");
    }

    [Fact]
    public void Change_IsSeen_ThoughSizeAndTimeAreAsTheyWere()
    {
        FileStamps stamps = New();
        stamps.Adopt(_other);
        string pack = Path.Combine(_objects, "pack/pack-1.pack");
        DateTime modified = File.GetLastWriteTimeUtc(pack);
        using (FileStream stream = File.OpenWrite(pack))
        {
            stream.WriteByte((byte)'X');
        }

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
        stamps.Adopt(_other);
        File.Delete(Path.Combine(_objects, "pack/pack-1.rev"));
        Write(_objects, "pack/pack-2.pack", "pack/pack-2.idx");
        Assert.Equal(["pack/pack-1.rev", "pack/pack-2.idx", "pack/pack-2.pack"], stamps.Suspects().Order(StringComparer.Ordinal));
        Assert.False(stamps.AllHold());
    }

    [Fact]
    public void Pack_CountsForNothing_WithoutItsIndex()
    {
        Write(_objects, "pack/pack-2.pack", "pack/pack-2.rev", "pack/tmp_pack_xyz", "pack/pack-3.pack");
        Assert.Empty(FileStamps.FilesOf(_objects));
        Assert.True(New().AllHold());
    }

    [Fact]
    public void Delete_RemovesAndForgets()
    {
        FileStamps stamps = New();
        stamps.Adopt(_other);
        stamps.Delete(["pack/multi-pack-index", "pack/pack-1.pack", "pack/pack-1.idx", "pack/pack-1.rev", "pack/pack-9.pack"]);
        Assert.Equal(["info/commit-graph"], FileStamps.FilesOf(_objects));
        Assert.True(stamps.AllHold());
        Assert.Equal(4, New().Bytes);
    }

    [Fact]
    public void Stamp_IsReadAsItWasWritten()
    {
        FileStamp stamp = FileStamp.Of(Path.Combine(_other, "info/commit-graph"))!.Value;
        Assert.Equal(stamp, FileStamp.Parse(stamp.ToString()));
        Assert.Null(FileStamp.Of(_temp["nothing"]));
        Assert.All(["", "1 2 3", "1 2 3 x", "-"], static text => Assert.Null(FileStamp.Parse(text)));
    }

    /// <summary>A line that cannot be read counts as an unchecked file: it costs a check, and is no failure.</summary>
    [Fact]
    public void Load_TakesWhatItCannotReadForUnknown()
    {
        New().Adopt(_other);
        string[] lines = File.ReadAllLines(_temp["stamps"]);
        File.WriteAllLines(_temp["stamps"], [.. lines.Select(static (line, at) => at == 0 ? line.Split(' ')[0] + " nonsense" : line)]);
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

    private FileStamps New() => new(_objects, _temp["stamps"]);
}
