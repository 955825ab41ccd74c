using System.Text.Json.Nodes;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>Batch answers are the primary's in everything but the place from which objects come.</summary>
public sealed class BatchAnswerTests(LfsStation station) : IClassFixture<LfsStation>, IAsyncLifetime
{
    private readonly LfsContent _content = LfsContent.FromSeed(61, 5000);
    private readonly LfsContent _missing = LfsContent.FromSeed(62, 6000);

    public Task InitializeAsync()
    {
        station.Primary.Behaviour = new LfsBehaviour();
        station.Primary.Set(LfsFault.None);
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => InitializeAsync();

    [Theory]
    [InlineData(LfsPlace.OwnHost, LfsSigning.Query)]
    [InlineData(LfsPlace.OwnHost, LfsSigning.Login)]
    [InlineData(LfsPlace.StorageHost, LfsSigning.Header)]
    public async Task Download_KeepsEverythingElse(LfsPlace place, LfsSigning signing)
    {
        station.Primary.Behaviour = new LfsBehaviour
        {
            Place = place,
            Signing = signing,
            HasUnknownFields = true,
        };
        PrimaryRepository repository = await station.CreateAsync(_content);
        (LfsReply direct, LfsReply through) = await BothAsync(repository, "download", "basic");
        Assert.Equal(direct.Header("Content-Type"), through.Header("Content-Type"));
        Assert.NotEqual(direct.Href(0), through.Href(0));
        foreach (LfsReply reply in (LfsReply[])[direct, through])
        {
            Assert.Equal("kept for ever", (string)reply.Json["objects"]![0]!["x_note"]!);
            Assert.Equal(3, (int)reply.Action(0, "download")["x_hint"]!["parts"]!);
        }

        Assert.Equal(WithoutWhere(direct), WithoutWhere(through));
        Assert.Contains("x_client", station.Primary.Requests.All[^1].Body, StringComparison.Ordinal);
        Assert.Contains("refs/heads/main", station.Primary.Requests.All[^1].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownTransferAdapter_IsUntouched()
    {
        station.Primary.Behaviour = new LfsBehaviour { Transfer = "x-multipart", HasUnknownFields = true };
        PrimaryRepository repository = await station.CreateAsync(_content);
        (LfsReply direct, LfsReply through) = await BothAsync(repository, "download", "x-multipart", "basic");
        Assert.Equal("x-multipart", (string)through.Json["transfer"]!);
        Assert.Equal(direct.Href(0).GetLeftPart(UriPartial.Path), through.Href(0).GetLeftPart(UriPartial.Path));
        Assert.Equal(WithoutWhere(direct), WithoutWhere(through));
    }

    [Fact]
    public async Task Upload_IsTheSame_ButForTheNameOfTheServer()
    {
        station.Primary.Behaviour = new LfsBehaviour { Verifies = true, HasUnknownFields = true };
        PrimaryRepository repository = await station.CreateAsync();
        (LfsReply direct, LfsReply through) = await BothAsync(repository, "upload", "basic");
        foreach (string action in (string[])["upload", "verify"])
        {
            Assert.Equal(station.Node.Url.Authority, through.Href(0, action).Authority);
            Assert.Equal(direct.Href(0, action).AbsolutePath, through.Href(0, action).AbsolutePath);
        }
    }

    [Theory]
    [InlineData(422, null)]
    [InlineData(429, "7")]
    [InlineData(500, null)]
    [InlineData(503, null)]
    public async Task RefusedBatch_IsThePrimarysRefusal(int status, string? retryAfter)
    {
        PrimaryRepository repository = await station.CreateAsync(_content);
        station.Primary.Set(LfsFault.Answers(status, LfsRequestKind.Batch, retryAfter));
        (LfsReply direct, LfsReply through) = await BothAsync(repository, "download", "basic");
        Assert.Equal((status, direct.Text, retryAfter), (through.Status, through.Text, through.Header("Retry-After")));
    }

    [Fact]
    public async Task BadBatch_IsThePrimarysAffair()
    {
        PrimaryRepository repository = await station.CreateAsync(_content);
        station.Primary.Set(LfsFault.Answers(422, LfsRequestKind.Batch));
        const string Odd = """{"operation":"download","objects":[{"oid":"../../x","size":-1}]}""";
        foreach (string body in (string[])["", "{", "[]", """{"objects":7}""", Odd])
        {
            using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/vnd.git-lfs+json");
            using var http = new HttpClient();
            using HttpResponseMessage answer = await http.PostAsync(
                new Uri(station.Node.Url, $"{repository.Name}/info/lfs/objects/batch"),
                content
            );
            Assert.Equal(422, (int)answer.StatusCode);
        }
    }

    private async Task<(LfsReply Direct, LfsReply Through)> BothAsync(
        PrimaryRepository repository,
        string operation,
        params string[] transfers
    ) =>
        (
            await LfsWire.BatchAsync(station.Primary.Url, repository, "alice", operation, [_content, _missing], transfers),
            await LfsWire.BatchAsync(station.Node.Url, repository, "alice", operation, [_content, _missing], transfers)
        );

    /// <summary>The answer without what says where the object is, and for how long.</summary>
    private static string WithoutWhere(LfsReply reply)
    {
        JsonNode json = reply.Json;
        foreach (JsonNode? answered in json["objects"]!.AsArray())
        {
            answered!.AsObject().Remove("authenticated");
            if (answered["actions"]?["download"]?.AsObject() is { } download)
            {
                download.Remove("href");
                download.Remove("header");
                download.Remove("expires_in");
                download.Remove("expires_at");
            }
        }

        return json.ToJsonString();
    }
}
