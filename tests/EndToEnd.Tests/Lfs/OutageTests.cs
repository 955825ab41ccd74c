using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>While the primary is out, a checkout with LFS survives for those who had the objects lately, and for nobody else.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private readonly LfsStation _station = new();
    private readonly LfsContent[] _contents = [LfsContent.FromSeed(81, 700_000), LfsContent.FromSeed(82, 3000)];

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task Clone_GoesOn_ForWhoeverHadTheObjects()
    {
        await StartAsync();
        PrimaryRepository repository = await _station.CreateAsync(_contents);
        await _station.CloneAsync(repository, _contents);
        await _station.Primary.StopAsync();

        await _station.CloneAsync(repository, _contents);

        LfsReply reply = await BatchAsync(repository, "alice");
        Assert.Equal((200, "waystation; hit; detail=stale"), (reply.Status, reply.CacheStatus));
        LfsReply served = await LfsWire.AskAsync(reply.Href(0));
        Assert.Equal(_contents[0].Oid, LfsWire.DigestOf(served.Body));
    }

    [Fact]
    public async Task NobodyElse_GetsIn()
    {
        await StartAsync();
        PrimaryRepository repository = await _station.CreateAsync(_contents),
            other = await _station.CreateAsync(_contents);
        await _station.CloneAsync(repository, _contents);
        await _station.Primary.StopAsync();

        Assert.Equal(200, (await BatchAsync(repository, "alice")).Status);
        foreach (string? user in (string?[])["bob", "mallory", "eve", null])
        {
            LfsReply refused = await BatchAsync(repository, user);
            Assert.True(refused.Status >= 400, refused.ToString());
        }

        Assert.True((await BatchAsync(other, "alice")).Status >= 400, "alice had not asked for the other repository");
    }

    [Fact]
    public async Task Object_ThatWasNotAuthorised_IsNotGiven()
    {
        await StartAsync();
        PrimaryRepository repository = await _station.CreateAsync(_contents),
            other = await _station.CreateAsync(_contents);
        await _station.CloneAsync(other, _contents, "bob");
        LfsReply one = await LfsWire.BatchAsync(_station.Node.Url, repository, "alice", "download", [_contents[0]]);
        Assert.Equal(200, one.Status);
        await _station.Primary.StopAsync();

        LfsReply both = await BatchAsync(repository, "alice");

        if (both.Status == 200)
        {
            Assert.NotNull(both.Json["objects"]![0]!["actions"]);
            Assert.Null(both.Json["objects"]![1]!["actions"]);
            Assert.NotNull(both.Json["objects"]![1]!["error"]);
        }
    }

    [Fact]
    public async Task RefusedUser_StaysOut()
    {
        await StartAsync();
        PrimaryRepository repository = await _station.CreateAsync(_contents);
        await _station.CloneAsync(repository, _contents, "bob");
        Uri href = await LfsWire.HrefAsync(_station, repository, _contents[0], "bob");
        using (_station.Primary.Revoke("bob"))
        {
            Assert.Equal(401, (await BatchAsync(repository, "bob")).Status);
        }

        await _station.Primary.StopAsync();

        Assert.True((await BatchAsync(repository, "bob")).Status >= 400, "bob was refused before the outage");
        Assert.Equal(403, (await LfsWire.AskAsync(href)).Status);
    }

    [Fact]
    public async Task Service_Ends_AfterItsTime()
    {
        await StartAsync("--Outage:ServeFor", "00:00:03");
        PrimaryRepository repository = await _station.CreateAsync(_contents);
        await _station.CloneAsync(repository, _contents);
        await _station.Primary.StopAsync();
        await Eventually.TrueAsync("the time has passed", async () => (await BatchAsync(repository, "alice")).Status >= 500);
    }

    [Fact]
    public async Task Fresh_AfterThePrimaryHasReturned()
    {
        await StartAsync();
        PrimaryRepository repository = await _station.CreateAsync(_contents);
        await _station.CloneAsync(repository, _contents);
        await _station.Primary.StopAsync();
        Assert.Equal("waystation; hit; detail=stale", (await BatchAsync(repository, "alice")).CacheStatus);
        await _station.Primary.StartAgainAsync();
        await Eventually.TrueAsync("the outage ends", async () => (await _station.Node.MetricsAsync()).Sum("waystation_outage") == 0);
        using (_station.Primary.Users.Limit("alice", repository, LfsRight.None))
        {
            Assert.Equal(403, (await BatchAsync(repository, "alice")).Status);
        }
    }

    private Task StartAsync(params string[] options) =>
        _station.StartAsync(settings: new NodeSettings { Options = ["--Primaries:0:AnswerWithin", "00:00:05", .. options] });

    private Task<LfsReply> BatchAsync(PrimaryRepository repository, string? user) =>
        LfsWire.BatchAsync(_station.Node.Url, repository, user, "download", _contents);
}
