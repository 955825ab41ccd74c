using Waystation.EndToEnd.Tests.Lfs;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>LFS at two nodes: a URL that one node signed is good at the other, until the credential is refused through any.</summary>
public sealed class LfsPermissionTests : IAsyncLifetime
{
    private readonly LfsFarm _farm = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _farm.DisposeAsync().AsTask();

    /// <summary>With <see cref="LfsSigning.Login"/> only the node that has the user's login can download.</summary>
    [Theory]
    [InlineData(LfsSigning.Query)]
    [InlineData(LfsSigning.Header)]
    [InlineData(LfsSigning.Login)]
    public async Task UrlOfOneNode_IsGoodAtTheOther_UntilTheUserIsRefused(LfsSigning signing)
    {
        (PrimaryRepository repository, LfsContent content) = await StartAsync(signing);
        LfsReply batch = await LfsWire.BatchAsync(_farm.Nodes[0].Url, repository, "alice", "download", [content]);
        Uri elsewhere = _farm.At(1, batch.Href(0));
        Assert.Equal(signing == LfsSigning.Login, elsewhere.Query.Contains("&at=node1&", StringComparison.Ordinal));
        LfsReply reply = await LfsWire.AskAsync(elsewhere);
        Assert.Equal((200, true), (reply.Status, reply.IsWhole));
        Assert.Equal(content.ToArray(), reply.Body);
        Assert.Equal(1, _farm.Primary.Requests.Count(LfsRequestKind.Batch));
        Assert.Equal(1, _farm.Primary.Requests.Downloads(content.Oid));

        using (_farm.Primary.Revoke("alice"))
        {
            Assert.Equal(200, (await LfsWire.AskAsync(elsewhere)).Status);
            Assert.Equal(401, (await LfsWire.BatchAsync(_farm.Nodes[0].Url, repository, "alice", "download", [content])).Status);
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
        Uri elsewhere = _farm.At(1, await _farm.HrefAsync(0, repository, content));
        _farm.Nodes[0].Kill();
        Assert.Contains((await LfsWire.AskAsync(elsewhere)).Status, (int[])[403, 410, 502]);
        Uri anew = await _farm.HrefAsync(1, repository, content);
        Assert.Equal(content.ToArray(), (await LfsWire.AskAsync(anew)).Body);
    }

    private async Task<(PrimaryRepository Repository, LfsContent Content)> StartAsync(LfsSigning signing)
    {
        await _farm.StartAsync(2, new LfsBehaviour { Signing = signing });
        return await _farm.CreateAsync();
    }
}
