using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>An LFS server that nobody here wrote as primary.</summary>
public sealed class JgitTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task PushPullAndClone_MoveTheSameBytes()
    {
        await using JgitLfsPrimary primary = await JgitLfsPrimary.StartAsync();
        await using WaystationNode node = await WaystationNode.StartAsync(primary.Url);
        PrimaryRepository repository = await primary.CreateAsync("private/media.git", new History(141));
        byte[] content = LfsClients.Bytes(seed: 142, 2_000_003);
        GitClient client = new GitClient(_folder).WithLfs();
        string url = node.UrlOf(repository, "alice").AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "writer");
        await client.In("writer").CommitAsync(("0.bin", content));
        await client.In("writer").RunAsync("push", "--quiet", "origin", "HEAD");
        foreach (string name in (string[])["one", "two"])
        {
            await client.RunAsync("clone", "--quiet", url, name);
            Assert.Equal(content, await client.In(name).FileAsync("0.bin"));
        }

        await client.RunAsync("clone", "--quiet", primary.UrlOf(repository, "alice").AbsoluteUri, "direct");
        Assert.Equal(content, await client.In("direct").FileAsync("0.bin"));
        Assert.NotEqual(0, (await client.TryAsync("clone", node.UrlOf(repository, "mallory").AbsoluteUri, "mallory")).ExitCode);
    }
}
