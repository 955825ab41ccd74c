using Waystation.EndToEnd.Tests.Lfs;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>An LFS object crosses the link to the primary once for all nodes, and a node that dies ends no other node's download.</summary>
public sealed class LfsObjectTests : IAsyncLifetime
{
    private readonly LfsFarm _farm = new();

    public Task InitializeAsync() => _farm.StartAsync(3, new LfsBehaviour());

    public Task DisposeAsync() => _farm.DisposeAsync().AsTask();

    /// <summary>
    /// With <see cref="LfsSigning.Login"/> each node could download with its own user's login only. The keeper downloads through one of
    /// them.
    /// </summary>
    [Fact]
    public async Task Crowd_AtAllNodes_IsOneDownload()
    {
        foreach (LfsSigning signing in (LfsSigning[])[LfsSigning.Query, LfsSigning.Header, LfsSigning.Login])
        {
            _farm.Primary.Behaviour = new LfsBehaviour { Signing = signing };
            (PrimaryRepository repository, LfsContent content) = await _farm.CreateAsync(3_000_001);
            Uri[] urls = await Task.WhenAll(Enumerable.Range(0, 9).Select(i => HrefAsync(i, repository, content)));
            // Also at other nodes than the one that signed.
            LfsReply[] replies = await Task.WhenAll(urls.Select((url, i) => DownloadAsync(i, url, repository, content)));
            Assert.All(replies, reply => Assert.Equal((200, true), (reply.Status, reply.IsWhole)));
            Assert.All(replies, reply => Assert.Equal(content.Oid, LfsWire.DigestOf(reply.Body)));
            Assert.Equal(1, _farm.Primary.Requests.Downloads(content.Oid));
        }
    }

    private Task<Uri> HrefAsync(int client, PrimaryRepository repository, LfsContent content) =>
        _farm.HrefAsync(client % 3, repository, content, client % 2 == 0 ? "alice" : "bob");

    /// <summary>
    /// Downloads as git-lfs does: if a URL is refused, it asks the batch API again. A node waits for Redis for 50 ms, and without it knows
    /// no URL of another node.
    /// </summary>
    private async Task<LfsReply> DownloadAsync(int client, Uri url, PrimaryRepository repository, LfsContent content)
    {
        LfsReply reply = await LfsWire.AskAsync(_farm.At((client + (client / 3)) % 3, url));
        for (int tries = 1; reply.Status == 403 && tries < 8; tries++)
        {
            reply = await LfsWire.AskAsync(await HrefAsync(client, repository, content));
        }

        return reply;
    }

    /// <summary>Nobody asks for the object at the keeper, which takes it from the node of the upload.</summary>
    [Fact]
    public async Task Upload_IsHereForEachNode_WithoutADownload()
    {
        (PrimaryRepository repository, _) = await _farm.CreateAsync();
        int keeper = await _farm.KeeperOfAsync(repository);
        int uploader = (keeper + 1) % 3,
            reader = (keeper + 2) % 3;
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 700_001);
        LfsReply reply = await LfsWire.BatchAsync(_farm.Nodes[uploader].Url, repository, "alice", "upload", [content]);
        Assert.Equal(200, (await LfsWire.PutAsync(reply.Action(0, "upload"), content.ToArray(), "alice")).Status);
        await Eventually.TrueAsync("the keeper has taken the upload", async () => Stored(await _farm.Nodes[keeper].MetricsAsync()) >= 2);
        Assert.Equal(content.ToArray(), (await LfsWire.AskAsync(await _farm.HrefAsync(reader, repository, content))).Body);
        Assert.Equal(0, _farm.Primary.Requests.Downloads(content.Oid));

        static double Stored(NodeMetrics metrics) => metrics.Sum("waystation_lfs_stored_objects");
    }

    [Fact]
    public async Task KeeperThatDies_BreaksNoDownloadOff()
    {
        (PrimaryRepository repository, _) = await _farm.CreateAsync();
        int keeper = await _farm.KeeperOfAsync(repository);
        LfsContent content = _farm.Add(repository, 6_000_000);
        using var waits = new SemaphoreSlim(30);
        _farm.Primary.Set(new LfsFault(LfsFaultKind.Slow) { Until = () => waits.WaitAsync(), Times = 1 });
        Task<LfsReply>[] asked =
        [
            .. await Task.WhenAll(
                Enumerable.Range(1, 2).Select(async i => LfsWire.AskAsync(await _farm.HrefAsync((keeper + i) % 3, repository, content)))
            ),
        ];
        await Eventually.TrueAsync("a third of the object has passed", () => waits.CurrentCount == 0);
        _farm.Nodes[keeper].Kill();
        waits.Release(1000);
        foreach (LfsReply reply in await Task.WhenAll(asked))
        {
            Assert.Equal((200, true, content.Oid), (reply.Status, reply.IsWhole, LfsWire.DigestOf(reply.Body)));
        }
    }

    [Fact]
    public async Task Outage_ServesAnObjectThatAnotherNodeHas()
    {
        (PrimaryRepository repository, LfsContent content) = await _farm.CreateAsync();
        int keeper = await _farm.KeeperOfAsync(repository);
        int one = (keeper + 1) % 3,
            other = (keeper + 2) % 3;
        await LfsWire.AskAsync(await _farm.HrefAsync(one, repository, content));
        await _farm.HrefAsync(other, repository, content);
        await _farm.Primary.StopAsync();
        LfsReply? batch = null;
        await Eventually.TrueAsync(
            "the node knows of the outage",
            async () => (batch = await LfsWire.BatchAsync(_farm.Nodes[other].Url, repository, "alice", "download", [content])).Status == 200
        );
        Assert.Equal(content.ToArray(), (await LfsWire.AskAsync(batch!.Href(0))).Body);
    }
}
