using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>No wrong byte of an object is kept, and none reaches a client as a whole object.</summary>
public sealed class BrokenObjectTests(LfsStation station) : IClassFixture<LfsStation>, IAsyncLifetime
{
    public Task InitializeAsync()
    {
        station.Primary.Behaviour = new LfsBehaviour();
        station.Primary.Set(LfsFault.None);
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => InitializeAsync();

    public static TheoryData<LfsFaultKind, long> Faults =>
        new()
        {
            { LfsFaultKind.WrongBytes, 0 },
            { LfsFaultKind.WrongBytes, 1_500_000 },
            { LfsFaultKind.WrongBytes, 2_999_999 },
            { LfsFaultKind.TooShort, 0 },
            { LfsFaultKind.TooShort, 2_000_000 },
            { LfsFaultKind.TooShort, 2_999_999 },
            { LfsFaultKind.TooLong, 0 },
            { LfsFaultKind.Break, 0 },
            { LfsFaultKind.Break, 2_000_000 },
        };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task BrokenUpstream_IsNeitherKeptNorGivenAsWhole(LfsFaultKind kind, long afterBytes)
    {
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 3_000_000);
        PrimaryRepository repository = await station.CreateAsync(content);
        station.Primary.Set(new LfsFault(kind) { AfterBytes = afterBytes });
        Uri href = await LfsWire.HrefAsync(station, repository, content);

        LfsReply reply = await LfsWire.AskAsync(href);
        AssertNoWrongWhole(content, reply);
        CommandResult clone = await station.TryCloneAsync(repository);
        Assert.True(kind == LfsFaultKind.TooLong || clone.ExitCode != 0, clone.ToString());
        if (kind != LfsFaultKind.TooLong)
        {
            Assert.DoesNotContain(station.FilesOf(content.Oid), static file => new FileInfo(file).Length >= 3_000_000);
        }

        station.Primary.Set(LfsFault.None);
        await station.CloneAsync(repository, [content]);
        LfsReply sound = await LfsWire.HitAsync(await LfsWire.HrefAsync(station, repository, content));
        Assert.Equal(content.Oid, LfsWire.DigestOf(sound.Body));
    }

    [Fact]
    public async Task Retry_OfTheRealClient_GetsTheObject_WhenThePrimaryBrokeOffOnce()
    {
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 3_000_000);
        PrimaryRepository repository = await station.CreateAsync(content);
        station.Primary.Set(new LfsFault(LfsFaultKind.Break) { AfterBytes = 2_000_000, Times = 1 });
        GitClient client = station.Client().With("lfs.transfer.maxretries=3");
        string name = station.NewName();
        await client.RunAsync("clone", "--quiet", station.Node.UrlOf(repository, "alice").AbsoluteUri, name);
        await LfsStation.AssertHasAsync(client.In(name), [content]);
    }

    [Theory]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(410)]
    [InlineData(422)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task RefusedDownload_IsToldToTheClient_AndTheNextOneSucceeds(int status)
    {
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 300_000);
        PrimaryRepository repository = await station.CreateAsync(content);
        station.Primary.Set(LfsFault.Answers(status, retryAfter: status is 429 or 503 ? "1" : null));
        Uri href = await LfsWire.HrefAsync(station, repository, content);

        LfsReply refused = await LfsWire.AskAsync(href);

        Assert.Equal(status, refused.Status);
        Assert.Equal(status is 429 or 503 ? "1" : null, refused.Header("Retry-After"));
        station.Primary.Set(LfsFault.None);
        await Eventually.TrueAsync(
            "the object is given",
            async () => (await LfsWire.AskAsync(await LfsWire.HrefAsync(station, repository, content))).Status == 200
        );
        await station.CloneAsync(repository, [content]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_500_000)]
    [InlineData(2_999_999)]
    public async Task DamagedStoredObject_NeverLeaves_AndTheNextAskIsAnsweredWell(int at)
    {
        LfsContent content = LfsContent.FromSeed(Random.Shared.Next(), 3_000_000);
        PrimaryRepository repository = await station.CreateAsync(content);
        await station.CloneAsync(repository, [content]);
        string file = Assert.Single(station.FilesOf(content.Oid), static file => new FileInfo(file).Length >= 3_000_000);
        await using (FileStream stored = File.Open(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            stored.Position = at;
            int was = stored.ReadByte();
            stored.Position = at;
            stored.WriteByte((byte)(was ^ 0x10));
        }

        LfsReply first = await LfsWire.AskAsync(await LfsWire.HrefAsync(station, repository, content));
        AssertNoWrongWhole(content, first);
        Assert.Equal(first.Body, content.ToArray().AsSpan(0, first.Body.Length).ToArray());

        LfsReply second = await LfsWire.AskAsync(await LfsWire.HrefAsync(station, repository, content));
        Assert.Equal(content.Oid, LfsWire.DigestOf(second.Body));
        await station.CloneAsync(repository, [content]);
        Assert.Equal(2 * content.Size, station.Primary.Requests.BytesOf(content.Oid));
    }

    private static void AssertNoWrongWhole(LfsContent content, LfsReply reply)
    {
        if (reply.IsWhole && reply.Status == 200)
        {
            Assert.Equal(content.Oid, LfsWire.DigestOf(reply.Body));
        }
    }
}
