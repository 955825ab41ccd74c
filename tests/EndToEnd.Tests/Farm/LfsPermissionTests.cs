using System.Security.Cryptography;
using Waystation.EndToEnd.Tests.Lfs;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>LFS at two nodes: a URL that one node signed is good at the other, until the credential is refused through any.</summary>
public sealed class LfsPermissionTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly List<WaystationNode> _nodes = [];
    private RedisServer? _redis;
    private LfsPrimary? _primary;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (WaystationNode node in _nodes)
        {
            await node.DisposeAsync();
        }

        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }

        if (_primary is not null)
        {
            await _primary.DisposeAsync();
        }

        _folder.Dispose();
    }

    /// <summary>With <see cref="LfsSigning.Login"/> only the node that has the user's login can download.</summary>
    [Theory]
    [InlineData(LfsSigning.Query)]
    [InlineData(LfsSigning.Header)]
    [InlineData(LfsSigning.Login)]
    public async Task UrlOfOneNode_IsGoodAtTheOther_UntilTheUserIsRefused(LfsSigning signing)
    {
        (PrimaryRepository repository, LfsContent content) = await StartAsync(signing);
        LfsReply batch = await LfsWire.BatchAsync(_nodes[0].Url, repository, "alice", "download", [content]);
        Uri elsewhere = AtOther(batch.Href(0));
        Assert.Equal(signing == LfsSigning.Login, elsewhere.Query.Contains("&at=node1&", StringComparison.Ordinal));
        LfsReply reply = await LfsWire.AskAsync(elsewhere);
        Assert.Equal((200, true), (reply.Status, reply.IsWhole));
        Assert.Equal(content.ToArray(), reply.Body);
        Assert.Equal(1, _primary!.Requests.Count(LfsRequestKind.Batch));
        Assert.Equal(1, _primary.Requests.Downloads(content.Oid));

        using (_primary.Revoke("alice"))
        {
            Assert.Equal(200, (await LfsWire.AskAsync(elsewhere)).Status);
            Assert.Equal(401, (await LfsWire.BatchAsync(_nodes[0].Url, repository, "alice", "download", [content])).Status);
            await Eventually.TrueAsync(
                "the other node refuses the URL",
                async () => (await LfsWire.AskAsync(elsewhere)).Status == 403,
                TimeSpan.FromSeconds(1)
            );
            Assert.Equal(403, (await LfsWire.AskAsync(batch.Href(0))).Status);
        }
    }

    /// <summary>The node that has the login has stopped: the others say so, and the client asks the batch API again.</summary>
    [Fact]
    public async Task UrlThatNamesANodeThatIsGone_IsRefused_AndANewOneIsGood()
    {
        (PrimaryRepository repository, LfsContent content) = await StartAsync(LfsSigning.Login);
        Uri elsewhere = AtOther((await LfsWire.BatchAsync(_nodes[0].Url, repository, "alice", "download", [content])).Href(0));
        _nodes[0].Kill();
        Assert.Contains((await LfsWire.AskAsync(elsewhere)).Status, (int[])[403, 410, 502]);
        Uri anew = (await LfsWire.BatchAsync(_nodes[1].Url, repository, "alice", "download", [content])).Href(0);
        Assert.Equal(content.ToArray(), (await LfsWire.AskAsync(anew)).Body);
    }

    private Uri AtOther(Uri url) => new(_nodes[1].Url, url.PathAndQuery);

    private async Task<(PrimaryRepository Repository, LfsContent Content)> StartAsync(LfsSigning signing)
    {
        _primary = await LfsPrimary.StartAsync(new LfsBehaviour { Signing = signing });
        _redis = await RedisServer.StartAsync();
        await File.WriteAllTextAsync(_folder["farm.secret"], Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) + "\n");
        foreach (string name in (string[])["node1", "node2"])
        {
            NodeAddresses addresses = NodeAddresses.Find();
            _nodes.Add(
                await WaystationNode.StartAsync(
                    _primary.Url,
                    new NodeSettings
                    {
                        Listen = [addresses.Url],
                        Admin = addresses.AdminUrl,
                        Options =
                        [
                            "--redis",
                            _redis.Address,
                            "--Farm:NodeUrl",
                            addresses.Url,
                            "--Farm:SecretFile",
                            _folder["farm.secret"],
                            "--Farm:Name",
                            name,
                        ],
                    }
                )
            );
        }

        await Task.WhenAll(_nodes.Select(static node => node.MeetsAsync(2)));
        PrimaryRepository repository = await _primary.Git.CreateAsync("private/objects.git", new History(92));
        LfsContent content = LfsContent.FromSeed(5, 300_000);
        _primary.Objects.Add(repository, content);
        return (repository, content);
    }
}
