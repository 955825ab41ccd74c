using System.Diagnostics;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>Objects come from the primary once, and from then on from the node.</summary>
public sealed class DownloadTests(LfsStation station) : IClassFixture<LfsStation>, IAsyncLifetime
{
    public Task InitializeAsync()
    {
        station.Primary.Behaviour = new LfsBehaviour();
        station.Primary.Set(LfsFault.None);
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => InitializeAsync();

    public static TheoryData<LfsPlace, LfsSigning> Behaviours =>
        new()
        {
            { LfsPlace.OwnHost, LfsSigning.Query },
            { LfsPlace.OwnHost, LfsSigning.Header },
            { LfsPlace.OwnHost, LfsSigning.Login },
            { LfsPlace.StorageHost, LfsSigning.Query },
            { LfsPlace.StorageHost, LfsSigning.Header },
            { LfsPlace.Redirect, LfsSigning.Query },
            { LfsPlace.Redirect, LfsSigning.Login },
        };

    [Theory]
    [MemberData(nameof(Behaviours))]
    public async Task SecondDownload_CostsNoObjectByte(LfsPlace place, LfsSigning signing)
    {
        station.Primary.Behaviour = new LfsBehaviour { Place = place, Signing = signing };
        LfsContent[] contents = [LfsContent.FromSeed(Random.Shared.Next(), 3_000_001), LfsContent.FromSeed(Random.Shared.Next(), 70)];
        PrimaryRepository repository = await station.CreateAsync(contents);

        await station.CloneAsync(repository, contents);
        await station.CloneAsync(repository, contents);
        await station.CloneAsync(repository, contents, "bob");

        Assert.All(contents, content => Assert.Equal(content.Size, station.Primary.Requests.BytesOf(content.Oid)));
        Assert.All(contents, content => Assert.Equal(1, station.Primary.Requests.Downloads(content.Oid) - Refused(content)));
        Assert.False(station.Primary.Requests.StorageSawAuthorization);
    }

    [Fact]
    public async Task Object_IsSharedBetweenRepositories()
    {
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 500_000);
        PrimaryRepository one = await station.CreateAsync(content),
            other = await station.CreateAsync(content);

        await station.CloneAsync(one, [content]);
        await station.CloneAsync(other, [content]);

        Assert.Equal(content.Size, station.Primary.Requests.BytesOf(content.Oid));
    }

    [Fact]
    public async Task SixteenClientsAtOnce_MakeOneDownloadOfEachObject()
    {
        const int Clients = 16;
        LfsContent[] contents = [.. Enumerable.Range(0, 3).Select(static _ => LfsContent.FromSeed(Random.Shared.Next(), 2_000_000))];
        PrimaryRepository repository = await station.CreateAsync(contents);
        var gate = new TaskCompletionSource();
        station.Primary.Set(new LfsFault(LfsFaultKind.Stall) { AfterBytes = 900_000, Until = () => gate.Task });

        Task<GitClient>[] clones = [.. Enumerable.Range(0, Clients).Select(_ => station.CloneAsync(repository, contents))];
        await station.BatchesAsync(repository, Clients);
        gate.SetResult();
        await Task.WhenAll(clones);

        Assert.All(contents, content => Assert.Equal(1, station.Primary.Requests.Downloads(content.Oid)));
        Assert.All(contents, content => Assert.Equal(content.Size, station.Primary.Requests.BytesOf(content.Oid)));
    }

    [Fact]
    public async Task Fetch_PullAndCheckout_BringObjects_AsDirect()
    {
        LfsContent first = LfsContent.FromSeed(Random.Shared.Next(), 100_000),
            second = LfsContent.FromSeed(Random.Shared.Next(), 200_000);
        PrimaryRepository repository = await station.CreateAsync(first);
        GitClient clone = await station.CloneAsync(repository, [first]);
        station.Primary.Objects.Add(repository, second);
        await repository.CommitPointersAsync(new Dictionary<string, LfsContent> { ["0.bin"] = second });

        await clone.RunAsync("lfs", "fetch", "origin", "main");
        await clone.RunAsync("pull", "--quiet");
        Assert.Equal(second.ToArray(), await clone.FileAsync("0.bin"));
        await clone.RunAsync("lfs", "fetch", "--all");
        await clone.RunAsync("lfs", "fsck");
        Assert.Equal(second.Size, station.Primary.Requests.BytesOf(second.Oid));
    }

    [Fact]
    public async Task Answer_SaysHowItWasServed_AndWhatItIs()
    {
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 300_000);
        PrimaryRepository repository = await station.CreateAsync(content);
        Uri href = await LfsWire.HrefAsync(station, repository, content);
        Assert.StartsWith(new Uri(station.Node.Url, ".waystation/lfs/").AbsoluteUri, href.AbsoluteUri, StringComparison.Ordinal);

        LfsReply miss = await LfsWire.AskAsync(href);
        LfsReply hit = await LfsWire.HitAsync(href);
        LfsReply head = await LfsWire.AskAsync(href, "HEAD");

        Assert.Equal(content.Oid, LfsWire.DigestOf(miss.Body));
        Assert.Equal(content.Oid, LfsWire.DigestOf(hit.Body));
        Assert.Equal("waystation; fwd=miss; stored", miss.CacheStatus);
        Assert.Equal("waystation; hit", hit.CacheStatus);
        Assert.Empty(head.Body);
        foreach (LfsReply reply in (LfsReply[])[hit, head])
        {
            Assert.Equal(200, reply.Status);
            Assert.Equal($"\"{content.Oid}\"", reply.Header("ETag"));
            Assert.Equal("bytes", reply.Header("Accept-Ranges"));
            Assert.Equal("300000", reply.Header("Content-Length"));
        }
    }

    [Theory]
    [InlineData("bytes=0-0", 0, 1)]
    [InlineData("bytes=100-199999", 100, 199_900)]
    [InlineData("bytes=299999-", 299_999, 1)]
    [InlineData("bytes=-70000", 230_000, 70_000)]
    [InlineData("bytes=0-999999999", 0, 300_000)]
    public async Task Range_IsThatPartOfTheObject(string range, int start, int length)
    {
        LfsContent content = LfsContent.FromSeed(41, 300_000);
        PrimaryRepository repository = await station.CreateAsync(content);
        Uri href = await LfsWire.HrefAsync(station, repository, content);
        foreach (string state in (string[])["perhaps cold", "warm"])
        {
            LfsReply part = await LfsWire.AskAsync(href, "GET", ("Range", range));
            Assert.Equal((state, 206), (state, part.Status));
            Assert.Equal($"bytes {start}-{start + length - 1}/300000", part.Header("Content-Range"));
            Assert.Equal(content.ToArray().AsSpan(start, length).ToArray(), part.Body);
        }

        LfsReply beyond = await LfsWire.AskAsync(href, "GET", ("Range", "bytes=300000-"));
        Assert.Equal(416, beyond.Status);
        Assert.Equal("bytes */300000", beyond.Header("Content-Range"));
    }

    [Fact]
    public async Task BrokenOffDownload_IsResumed_ByTheRealClient()
    {
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 8_000_000);
        PrimaryRepository repository = await station.CreateAsync(content);
        await station.CloneAsync(repository, [content]);
        GitClient client = station.Client();
        string name = station.NewName();
        await (client with { Variables = new Dictionary<string, string> { ["GIT_LFS_SKIP_SMUDGE"] = "1" } }).RunAsync(
            "clone",
            "--quiet",
            station.Node.UrlOf(repository, "alice").AbsoluteUri,
            name
        );
        // git-lfs continues at the end of such a file.
        string incomplete = Path.Combine(client.In(name).Folder, ".git", "lfs", "incomplete");
        Directory.CreateDirectory(incomplete);
        await File.WriteAllBytesAsync(Path.Combine(incomplete, content.Oid + ".part"), content.ToArray()[..5_000_000]);

        await client.In(name).RunAsync("lfs", "pull");

        Assert.Equal(content.ToArray(), await client.In(name).FileAsync("0.bin"));
        Assert.Equal(content.Size, station.Primary.Requests.BytesOf(content.Oid));
    }

    [Fact]
    public async Task KilledClient_HarmsNobody()
    {
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 6_000_000);
        PrimaryRepository repository = await station.CreateAsync(content);
        var gate = new TaskCompletionSource();
        station.Primary.Set(new LfsFault(LfsFaultKind.Stall) { AfterBytes = 2_000_000, Until = () => gate.Task });
        string url = station.Node.UrlOf(repository, "alice").AbsoluteUri;
        using (Process clone = station.Client().Git("clone", "--quiet", url, station.NewName()).Start())
        {
            await Eventually.TrueAsync("the object is coming", () => station.Primary.Requests.BytesOf(content.Oid) >= 2_000_000);
            Task<GitClient> follower = station.CloneAsync(repository, [content], "bob");
            await station.BatchesAsync(repository, 2);
            clone.Kill(entireProcessTree: true);
            await clone.WaitForExitAsync();
            gate.SetResult();
            await follower;
        }

        await station.CloneAsync(repository, [content]);
        await station.CloneAsync(repository, [content]);
    }

    /// <summary>A login is asked for before it is given: those requests bring no byte.</summary>
    private int Refused(LfsContent content) =>
        station.Primary.Requests.All.Count(one => one.Kind == LfsRequestKind.Get && one.Oid == content.Oid && one.Status == 401);
}
