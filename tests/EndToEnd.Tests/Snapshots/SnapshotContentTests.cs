using System.Formats.Tar;
using System.Net;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Snapshots;

/// <summary>What comes as a snapshot is whole, whatever upkeep does meanwhile, and the client believes nothing else.</summary>
public sealed class SnapshotContentTests(SnapshotStation station) : IClassFixture<SnapshotStation>, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Snapshot_IsWhole_WhenItsPacksAreReplacedMeanwhile()
    {
        GitClient client = new(_folder);
        // More than all buffers between the node and a client that does not read.
        PrimaryRepository repository = await station.Primary.CreateAsync(
            $"public/{Guid.NewGuid():n}.git",
            new History(Seed: 521) { IncompressibleBytes = 16 << 20 }
        );
        string before = await repository.ResolveAsync("refs/heads/main");
        string newer = await repository.CommitAsync();
        await client.RunAsync("clone", "--quiet", station.Node.UrlOf(repository).AbsoluteUri, "first");
        await Eventually.TrueAsync("there are snapshots", async () => await station.RefusalAsync(repository) is null);
        using HttpResponseMessage response = await station.AskAsync(repository);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);

        string[] packs = Packs();
        await repository.GitAsync("update-ref", "refs/heads/main", before);
        await client.RunAsync("clone", "--quiet", station.Node.UrlOf(repository).AbsoluteUri, "after");
        await Eventually.TrueAsync(
            "the packs are replaced",
            async () => await station.RefusalAsync(repository) is null && !Packs().Intersect(packs).Any(),
            // Between two upkeeps a mirror rests.
            within: TimeSpan.FromMinutes(2)
        );

        GitClient unpacked = await SnapshotStation.UnpackAsync(response, client);
        Assert.Equal(newer, await unpacked.ReadAsync("rev-parse", "refs/heads/main"));
        await unpacked.RunAsync("fsck", "--full", "--strict");

        string[] Packs() =>
            [
                .. Directory
                    .GetFiles(Path.Combine(station.Node.DataFolder, "mirrors"), "pack-*.pack", SearchOption.AllDirectories)
                    .Where(static file => file.Contains("/git/", StringComparison.Ordinal) && new FileInfo(file).Length > 16 << 20),
            ];
    }

    [Theory]
    [InlineData("../evil", TarEntryType.RegularFile)]
    [InlineData("pack-../../evil-aa.pack", TarEntryType.RegularFile)]
    [InlineData("objects/evil", TarEntryType.RegularFile)]
    [InlineData("config", TarEntryType.RegularFile)]
    [InlineData("pack-aa.pack", TarEntryType.SymbolicLink)]
    [InlineData("pack-aa.pack", TarEntryType.HardLink)]
    [InlineData("pack-aa.pack", TarEntryType.Directory)]
    [InlineData("-rw- packed-refs", TarEntryType.RegularFile)]
    public async Task Client_UnpacksNothingElse(string name, TarEntryType type)
    {
        var bytes = new MemoryStream();
        await using (var tar = new TarWriter(bytes, TarEntryFormat.Ustar, leaveOpen: true))
        {
            await tar.WriteEntryAsync(
                new UstarTarEntry(TarEntryType.RegularFile, "packed-refs") { DataStream = new MemoryStream("# pack-refs\n"u8.ToArray()) }
            );
            await tar.WriteEntryAsync(
                type is TarEntryType.SymbolicLink or TarEntryType.HardLink ? new UstarTarEntry(type, name) { LinkName = "packed-refs" }
                : type == TarEntryType.Directory ? new UstarTarEntry(type, name)
                : new UstarTarEntry(type, name) { DataStream = new MemoryStream(Encoding.ASCII.GetBytes("evil")) }
            );
        }

        string said = await CloneFromAsync(bytes.ToArray());
        Assert.Contains("the snapshot has something else in it", said, StringComparison.Ordinal);
        Assert.Equal(["home", "work"], Directory.GetFileSystemEntries(_folder.FullPath).Select(Path.GetFileName).Order());
        Assert.Empty(Directory.GetFileSystemEntries(_folder["work"]));
    }

    [Fact]
    public async Task Client_FindsEachDamage()
    {
        GitClient client = new(_folder);
        PrimaryRepository repository = await station.NewMirroredAsync(client, new History(Seed: 522));
        byte[] whole;
        using (HttpResponseMessage response = await station.AskAsync(repository))
        {
            whole = await response.Content.ReadAsByteArrayAsync();
        }

        List<(string Name, long At)> places = [];
        await using (var tar = new TarReader(new MemoryStream(whole)))
        {
            while (await tar.GetNextEntryAsync() is { } entry)
            {
                places.Add((entry.Name, entry.DataOffset + (entry.Length / 2)));
            }
        }

        Assert.Contains(places, static place => place.Name.EndsWith(".idx", StringComparison.Ordinal));
        foreach ((string name, long at) in places.Where(static place => place.Name != "packed-refs"))
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 4;
            string damage = Path.ChangeExtension(name, name.EndsWith(".idx", StringComparison.Ordinal) ? ".pack" : null) ?? name;
            Assert.Contains($"{damage.TrimEnd('.')}", await CloneFromAsync(damaged), StringComparison.Ordinal);
        }

        Assert.Contains("git clone instead", await CloneFromAsync(whole[..^2000]), StringComparison.Ordinal);
    }

    /// <summary>Clones from a server that has only this snapshot; returns what the program said.</summary>
    private async Task<string> CloneFromAsync(byte[] snapshot)
    {
        using var listener = new HttpListener();
        int port = FreePort.Find();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        Task serving = ServeAsync(listener, snapshot);
        GitClient client = new GitClient(_folder) with { Folder = _folder.CreateFolder("work") };
        CommandResult cloned = await SnapshotStation.Clone(client, $"http://127.0.0.1:{port}/tool.git").RunAsync();
        listener.Stop();
        await serving;
        Assert.Equal(128, cloned.ExitCode);
        return cloned.Error;
    }

    private static async Task ServeAsync(HttpListener listener, byte[] snapshot)
    {
        while (listener.IsListening)
        {
            try
            {
                HttpListenerContext context = await listener.GetContextAsync();
                bool isSnapshot = context.Request.Url?.AbsolutePath == "/.waystation/snapshot/tool.git";
                context.Response.StatusCode = isSnapshot ? 200 : 404;
                context.Response.Close(isSnapshot ? snapshot : [], willBlock: true);
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
