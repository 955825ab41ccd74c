using Waystation.CacheStore.Disk;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests;

public sealed class DataFolderTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly TempFolder _temp = new();

    private string Root => _temp["data"];

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Open_WritesTheLayoutAndPrivateFolders_WhenTheFolderIsMissing()
    {
        using DataFolder folder = Open();
        Assert.True(folder.IsWritable);
        Assert.Equal($"{DataFolder.Layout}\n", File.ReadAllText(Path.Combine(Root, "layout")));
        Assert.All([Root, folder.Packs, folder.Temporary], path => Assert.Equal(Private, File.GetUnixFileMode(path)));
    }

    [Fact]
    public void Open_Refuses_WhenOthersMayReadTheFolder()
    {
        Directory.CreateDirectory(Root);
        File.SetUnixFileMode(
            Root,
            Private | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute
        );
        DataFolderException refusal = Assert.Throws<DataFolderException>(Open);
        Assert.Contains("0755", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(Root, refusal.Folder);
        Assert.Empty(Directory.GetFileSystemEntries(Root));
    }

    [Fact]
    public void Open_Refuses_WhenTheFolderIsOpenAlready()
    {
        using DataFolder first = Open();
        string half = first.NewTemporaryPath(".pack");
        File.WriteAllText(half, "being made");
        DataFolderException refusal = Assert.Throws<DataFolderException>(Open);
        Assert.Contains("in use", refusal.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(half));
    }

    [Fact]
    public void Open_Succeeds_WhenTheFolderWasClosed()
    {
        Open().Dispose();
        using DataFolder again = Open();
        Assert.True(again.IsWritable);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("999")]
    [InlineData("not a number")]
    [InlineData("")]
    public void Open_RefusesAndLetsGo_WhenTheLayoutIsNotKnown(string layout)
    {
        Open().Dispose();
        string file = Path.Combine(Root, "layout");
        File.WriteAllText(file, layout + "\n");
        Assert.Contains("layout", Assert.Throws<DataFolderException>(Open).Message, StringComparison.Ordinal);
        Assert.Equal(layout + "\n", File.ReadAllText(file));

        // A refused folder keeps no lock either: once repaired, it opens.
        File.WriteAllText(file, $"{DataFolder.Layout}\n");
        using DataFolder folder = Open();
        Assert.True(folder.IsWritable);
    }

    [Fact]
    public void Quarantine_MovesTheFileAndKeepsFew_WhenThereIsMuchDamage()
    {
        using DataFolder folder = Open();
        for (int number = 0; number < 40; number++)
        {
            string file = Path.Combine(folder.Packs, $"{number}.pack");
            File.WriteAllText(file, "damage");
            folder.Quarantine(file);
            Assert.False(File.Exists(file));
        }

        Assert.Equal(16, Directory.GetFiles(Path.Combine(Root, "quarantine")).Length);
    }

    private DataFolder Open() => new(Root, TimeProvider.System);
}
