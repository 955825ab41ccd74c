using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>Objects on another host: the node gets them from there without any credential, and goes only where it may.</summary>
public sealed class StorageHostTests : IAsyncLifetime
{
    private readonly LfsStation _station = new();
    private readonly LfsContent _content = LfsContent.FromSeed(71, 600_000);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _station.DisposeAsync();

    [Theory]
    [InlineData(LfsPlace.StorageHost, LfsSigning.Query)]
    [InlineData(LfsPlace.StorageHost, LfsSigning.Header)]
    [InlineData(LfsPlace.Redirect, LfsSigning.Query)]
    [InlineData(LfsPlace.Redirect, LfsSigning.Login)]
    public async Task Object_ComesThroughTheNode_WithoutTheUsersCredential(LfsPlace place, LfsSigning signing)
    {
        await _station.StartAsync(new LfsBehaviour { Place = place, Signing = signing });
        PrimaryRepository repository = await _station.CreateAsync(_content);
        Uri href = await LfsWire.HrefAsync(_station, repository, _content);
        Assert.Equal(_station.Node.Url.Authority, href.Authority);
        Assert.Equal(_content.ToArray(), (await LfsWire.AskAsync(href)).Body);
        await LfsWire.HitAsync(href);
        LfsRequest served = Assert.Single(_station.Primary.Requests.All, static one => one.Kind == LfsRequestKind.Get && one.Status == 200);
        Assert.True(served.IsAtStorage);
        Assert.False(_station.Primary.Requests.StorageSawAuthorization);
    }

    /// <summary>The primary is on the loopback, so the loopback is no harm here; these kinds of addresses are.</summary>
    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://10.20.30.40/secret")]
    [InlineData("http://[fe80::1]/secret")]
    [InlineData("http://192.168.7.7:8080/secret")]
    [InlineData("http://0.0.0.0:9/secret")]
    [InlineData("file:///etc/passwd")]
    public async Task Redirection_IsNotFollowed_ToWhereThePrimaryIsNot(string target)
    {
        await _station.StartAsync(new LfsBehaviour { RedirectTo = new Uri(target) });
        PrimaryRepository repository = await _station.CreateAsync(_content);
        LfsReply reply = await LfsWire
            .AskAsync(await LfsWire.HrefAsync(_station, repository, _content))
            .WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True(reply.Status >= 500, reply.ToString());
    }

    [Fact]
    public async Task RedirectionWithoutEnd_IsGivenUp()
    {
        await _station.StartAsync();
        PrimaryRepository repository = await _station.CreateAsync(_content);
        Uri href = await LfsWire.HrefAsync(_station, repository, _content);
        LfsReply direct = await LfsWire.BatchAsync(_station.Primary.Url, repository, "alice", "download", [_content]);
        _station.Primary.Behaviour = new LfsBehaviour { RedirectTo = direct.Href(0) };
        LfsReply reply = await LfsWire.AskAsync(href);
        Assert.True(reply.Status is 302 or >= 500, reply.ToString());
        Assert.InRange(_station.Primary.Requests.Count(LfsRequestKind.Get), 1, 25);
    }
}
