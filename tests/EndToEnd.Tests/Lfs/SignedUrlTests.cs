using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>The signed URL of an object is the only way to it, for the minutes and for the credential that it was made for.</summary>
public sealed class SignedUrlTests : IAsyncLifetime
{
    private readonly LfsStation _station = new();
    private readonly LfsContent _content = LfsContent.FromSeed(51, 40_000);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task ChangedUrl_Gets403_WhateverWasChanged()
    {
        await _station.StartAsync();
        PrimaryRepository repository = await _station.CreateAsync(_content);
        string url = (await LfsWire.HrefAsync(_station, repository, _content)).AbsoluteUri;
        Assert.Equal(_content.ToArray(), (await LfsWire.AskAsync(new Uri(url))).Body);
        int start = url.IndexOf("/.waystation/lfs/", StringComparison.Ordinal) + "/.waystation/lfs/".Length;
        for (int at = start; at < url.Length; at++)
        {
            if (!char.IsAsciiLetterOrDigit(url[at]))
            {
                continue;
            }

            char other = url[at] is '1' ? '2' : '1';
            await AssertForbiddenAsync(url[..at] + other + url[(at + 1)..]);
            await AssertForbiddenAsync(url[..at] + url[(at + 1)..]);
        }

        await AssertForbiddenAsync(url[..start] + _content.Oid);
        await AssertForbiddenAsync(url[..start]);
    }

    [Fact]
    public async Task PartsOfAnotherUrl_Get403()
    {
        await _station.StartAsync();
        LfsContent other = LfsContent.FromSeed(52, 50_000);
        PrimaryRepository one = await _station.CreateAsync(_content, other),
            two = await _station.CreateAsync(_content, other);
        List<string> urls = [];
        foreach (
            (PrimaryRepository repository, LfsContent content, string user) in new[]
            {
                (one, _content, "alice"),
                (one, other, "alice"),
                (two, _content, "alice"),
                (one, _content, "bob"),
            }
        )
        {
            Uri href = await LfsWire.HrefAsync(_station, repository, content, user);
            Assert.Equal(content.ToArray(), (await LfsWire.AskAsync(href)).Body);
            urls.Add(href.AbsoluteUri);
        }

        char[] between = ['/', '?', '&', '=', '.'];
        foreach (string first in urls)
        {
            foreach (string second in urls.Where(url => url != first))
            {
                string[] mine = first.Split(between),
                    theirs = second.Split(between);
                Assert.Equal(mine.Length, theirs.Length);
                for (int part = 0; part < mine.Length; part++)
                {
                    if (mine[part] != theirs[part])
                    {
                        string mixed = first.Replace(mine[part], theirs[part], StringComparison.Ordinal);
                        if (!urls.Contains(mixed))
                        {
                            await AssertForbiddenAsync(mixed);
                        }
                    }
                }
            }
        }
    }

    [Fact]
    public async Task OutdatedUrl_Gets403()
    {
        await _station.StartAsync(settings: new NodeSettings { Options = ["--Lfs:UrlLifetime", "00:00:03"] });
        PrimaryRepository repository = await _station.CreateAsync(_content);
        Uri href = await LfsWire.HrefAsync(_station, repository, _content);
        Assert.Equal(200, (await LfsWire.AskAsync(href)).Status);
        await Eventually.TrueAsync("the URL has expired", async () => (await LfsWire.AskAsync(href)).Status == 403);
        await AssertForbiddenAsync(href.AbsoluteUri);
        await AssertForbiddenAsync(href.AbsoluteUri, "HEAD");
        await AssertForbiddenAsync(href.AbsoluteUri, "GET", ("Range", "bytes=0-9"));
        Assert.Equal(200, (await LfsWire.AskAsync(await LfsWire.HrefAsync(_station, repository, _content))).Status);
    }

    [Fact]
    public async Task LifetimeOfTheUrl_IsSaid_AndNotLongerThanThePrimarys()
    {
        await _station.StartAsync(settings: new NodeSettings { Options = ["--Lfs:UrlLifetime", "00:05:00"] });
        PrimaryRepository repository = await _station.CreateAsync(_content);
        LfsReply usual = await BatchAsync(repository, "alice");
        Assert.InRange((int)usual.Action(0, "download")["expires_in"]!, 290, 300);
        Assert.True((bool)usual.Json["objects"]![0]!["authenticated"]!);
        Assert.Null(usual.Action(0, "download")["header"]);
        _station.Primary.Behaviour = new LfsBehaviour { ExpiresIn = TimeSpan.FromSeconds(20) };
        LfsReply shorter = await BatchAsync(repository, "alice");
        Assert.InRange((int)shorter.Action(0, "download")["expires_in"]!, 1, 20);
    }

    [Fact]
    public async Task UserWithoutPermission_GetsThePrimarysRefusal_ThoughTheObjectIsHere()
    {
        await _station.StartAsync();
        PrimaryRepository repository = await _station.CreateAsync(_content);
        await _station.CloneAsync(repository, [_content]);
        foreach (string? user in (string?[])["mallory", "eve", null])
        {
            LfsReply direct = await LfsWire.BatchAsync(_station.Primary.Url, repository, user, "download", [_content]);
            LfsReply through = await BatchAsync(repository, user);
            Assert.Equal((direct.Status, direct.Text), (through.Status, through.Text));
            Assert.Equal(direct.Header("LFS-Authenticate"), through.Header("LFS-Authenticate"));
            Assert.Equal(user == "mallory" ? 403 : 401, through.Status);
        }
    }

    [Fact]
    public async Task ObjectThatThePrimaryDoesNotGive_IsNotGiven_ThoughItIsHere()
    {
        await _station.StartAsync();
        PrimaryRepository has = await _station.CreateAsync(_content),
            hasNot = await _station.CreateAsync();
        await _station.CloneAsync(has, [_content]);
        LfsReply reply = await BatchAsync(hasNot, "alice");
        Assert.Equal(404, (int)reply.Json["objects"]![0]!["error"]!["code"]!);
        Assert.Null(reply.Json["objects"]![0]!["actions"]);
    }

    [Theory]
    [InlineData("batch")]
    [InlineData("git")]
    public async Task Url_StopsWorking_WhenItsCredentialIsRefused(string way)
    {
        await _station.StartAsync();
        PrimaryRepository repository = await _station.CreateAsync(_content);
        Uri alices = await LfsWire.HrefAsync(_station, repository, _content, "alice"),
            bobs = await LfsWire.HrefAsync(_station, repository, _content, "bob");
        Assert.Equal(200, (await LfsWire.AskAsync(bobs)).Status);
        using (_station.Primary.Revoke("bob"))
        {
            Assert.Equal(200, (await LfsWire.AskAsync(bobs)).Status);
            if (way == "batch")
            {
                Assert.Equal(401, (await BatchAsync(repository, "bob")).Status);
            }
            else
            {
                string url = _station.Node.UrlOf(repository, "bob").AbsoluteUri;
                Assert.Equal(128, (await _station.Client().TryAsync("ls-remote", url, "refs/heads/main")).ExitCode);
            }
        }

        await AssertForbiddenAsync(bobs.AbsoluteUri);
        Assert.Equal(200, (await LfsWire.AskAsync(alices)).Status);
    }

    private Task<LfsReply> BatchAsync(PrimaryRepository repository, string? user) =>
        LfsWire.BatchAsync(_station.Node.Url, repository, user, "download", [_content]);

    private async Task AssertForbiddenAsync(string url, string method = "GET", params (string Name, string Value)[] headers)
    {
        LfsReply reply = await LfsWire.AskAsync(new Uri(url), method, headers);
        Assert.True(reply.Status == 403, $"{method} {url}: {reply}");
        Assert.True(reply.Body.Length < 1000 && reply.Header("ETag") is null, $"{method} {url} told more than a refusal: {reply}");
    }
}
