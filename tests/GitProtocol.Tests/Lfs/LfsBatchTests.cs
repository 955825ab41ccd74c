using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Waystation.GitProtocol.Lfs;

namespace Waystation.GitProtocol.Tests.Lfs;

/// <summary>Messages of the batch API of LFS.</summary>
public sealed class LfsBatchTests
{
    private const string Oid = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
    private const string Other = "0000000000000000000000000000000000000000000000000000000000000001";

    private const string Answer = $$$$$"""
        {
          "transfer": "basic", "hash_algo": "sha256", "x-new": {"deep": [1, 2.50, null]},
          "objects": [
            {"oid": "{{{{{Oid}}}}}", "size": 123, "authenticated": false, "x-object": "é",
             "actions": {
               "download": {"href": "https://s3.example.com/a?b=c&d", "header": {"Authorization": "Basic eA=="}, "expires_in": 3600,
                            "expires_at": "2026-11-26T10:00:00Z", "x-action": true}}},
            {"oid": "{{{{{Other}}}}}", "size": 7, "error": {"code": 404, "message": "Object does not exist"}},
            {"oid": "short", "size": 7, "actions": {"download": {"href": "https://s3.example.com/short"}}}
          ]
        }
        """;

    [Fact]
    public void Answer_IsRead()
    {
        using LfsBatchResponse answer = LfsBatchResponse.TryParse(Bytes(Answer))!;

        LfsBatchObject one = answer.Objects[0]!;
        Assert.Equal(Oid, one.Object.Id.ToString());
        Assert.Equal(123, one.Object.Size);
        Assert.False(one.IsAuthenticated);
        Assert.Equal("https://s3.example.com/a?b=c&d", one.Download!.Href);
        Assert.Equal([new("Authorization", "Basic eA==")], one.Download.Header);
        Assert.Equal(TimeSpan.FromHours(1), one.Download.LifetimeFrom(DateTimeOffset.UnixEpoch));
        Assert.Null(answer.Objects[1]!.Download);
        Assert.Null(answer.Objects[2]);
    }

    [Fact]
    public void Rewritten_TheUnknownSurvives_AndTheLoginStays()
    {
        JsonNode written = Rewrite(
            Answer,
            new LfsBatchChange
            {
                DownloadHref = "http://node/o?s=1&x",
                DownloadExpiresIn = TimeSpan.FromSeconds(600),
                DownloadExpiresAt = DateTimeOffset.UnixEpoch,
            },
            null,
            null
        );
        JsonNode expected = JsonNode.Parse(Answer)!;
        JsonNode one = expected["objects"]![0]!;
        one["authenticated"] = true;
        one["actions"]!["download"] = new JsonObject
        {
            ["href"] = "http://node/o?s=1&x",
            ["expires_at"] = "1970-01-01T00:00:00Z",
            ["x-action"] = true,
            ["expires_in"] = 600,
        };

        Assert.True(JsonNode.DeepEquals(expected, written), written.ToJsonString());
        Assert.DoesNotContain("Basic", written.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void UploadAndVerification_GetAnotherUrl_AndNothingElse()
    {
        string upload = $$$$$"""
            {"objects": [{"oid": "{{{{{Oid}}}}}", "size": 1, "actions": {
              "upload": {"href": "https://git.example.com/u", "header": {"A": "1"}, "expires_in": 5},
              "verify": {"href": "https://git.example.com/v", "header": {"B": "2"}}, "x": {"href": "y"}}}]}
            """;

        JsonNode written = Rewrite(upload, new LfsBatchChange { UploadHref = "http://node/u", VerifyHref = "http://node/v" });

        JsonNode expected = JsonNode.Parse(upload)!;
        expected["objects"]![0]!["actions"]!["upload"]!["href"] = "http://node/u";
        expected["objects"]![0]!["actions"]!["verify"]!["href"] = "http://node/v";
        Assert.True(JsonNode.DeepEquals(expected, written), written.ToJsonString());
    }

    [Theory]
    [InlineData("""{"transfer": "tus", "objects": []}""")]
    [InlineData("""{"transfer": 1, "objects": []}""")]
    [InlineData("""{"hash_algo": "sha512", "objects": []}""")]
    [InlineData("""{"objects": {}}""")]
    [InlineData("""{"message": "no"}""")]
    [InlineData("""[]""")]
    [InlineData("""{"objects": [], "objects": []}""")]
    [InlineData("""{"objects": [{"oid": "a", "oid": "b"}]}""")]
    [InlineData("")]
    public void OtherAnswers_AreNotRead(string json) => Assert.Null(LfsBatchResponse.TryParse(Bytes(json)));

    [Theory]
    [InlineData("""{"size": 1}""")]
    [InlineData("""{"oid": 1, "size": 1}""")]
    [InlineData("""{"oid": "4D7A214614AB2935C943F9E0FF69D22EADBB8F32B1258DAAA5E2CA24D17E2393", "size": 1}""")]
    [InlineData("""{"oid": "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393", "size": -1}""")]
    [InlineData("""{"oid": "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393", "size": 1.5}""")]
    [InlineData("""{"oid": "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393", "size": 9223372036854775808}""")]
    [InlineData("""{"oid": "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"}""")]
    [InlineData("null")]
    public void ElementsThatAreNoObjects_StayAsTheyAre(string element)
    {
        using LfsBatchResponse answer = LfsBatchResponse.TryParse(Bytes($$"""{"objects": [{{element}}]}"""))!;

        Assert.Null(Assert.Single(answer.Objects));
        var output = new ArrayBufferWriter<byte>();
        answer.Write(output, [null]);
        Assert.True(
            JsonNode.DeepEquals(JsonNode.Parse($$"""{"objects": [{{element}}]}"""), JsonNode.Parse(output.WrittenSpan)),
            Encoding.UTF8.GetString(output.WrittenSpan)
        );
    }

    [Fact]
    public void EveryBeginningOfAnAnswer_IsNone()
    {
        byte[] whole = Bytes(Answer);
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Null(LfsBatchResponse.TryParse(whole.AsMemory(0, length)));
            Assert.Null(LfsBatchRequest.TryParse(whole.AsMemory(0, length)));
            Assert.Null(LfsVerification.TryParse(whole.AsMemory(0, length)));
            Assert.Null(LfsAuthentication.Rename(whole.AsMemory(0, length), static _ => "x"));
        }
    }

    [Theory]
    [InlineData("download", true)]
    [InlineData("upload", false)]
    public void Request_IsRead(string operation, bool isDownload)
    {
        LfsBatchRequest request = LfsBatchRequest.TryParse(
            Bytes($$"""{"operation": "{{operation}}", "transfers": ["tus", "basic"], "objects": [{"oid": "{{Oid}}", "size": 0}] }""")
        )!;

        Assert.Equal(isDownload, request.IsDownload);
        Assert.Equal(Oid, Assert.Single(request.Objects).Id.ToString());
    }

    [Theory]
    [InlineData("""{"operation": "other", "objects": []}""")]
    [InlineData("""{"operation": "download", "transfers": ["tus"], "objects": []}""")]
    [InlineData("""{"operation": "download", "hash_algo": "sha1", "objects": []}""")]
    [InlineData("""{"operation": "download", "objects": [1]}""")]
    [InlineData("""{"objects": []}""")]
    public void OtherRequests_AreNotRead(string json) => Assert.Null(LfsBatchRequest.TryParse(Bytes(json)));

    [Fact]
    public void OwnAnswer_NamesUrlsAndErrors()
    {
        Assert.True(LfsObjectId.TryParse(Oid.AsSpan(), out LfsObjectId id));
        Assert.True(LfsObjectId.TryParse(Other.AsSpan(), out LfsObjectId other));
        var output = new ArrayBufferWriter<byte>();

        LfsBatchAnswer.Write(
            output,
            [(new LfsObject(id, 3), "http://node/x"), (new LfsObject(other, 4), null)],
            TimeSpan.FromSeconds(9),
            "down"
        );

        using LfsBatchResponse answer = LfsBatchResponse.TryParse(output.WrittenMemory)!;
        Assert.Equal("http://node/x", answer.Objects[0]!.Download!.Href);
        Assert.True(answer.Objects[0]!.IsAuthenticated);
        Assert.Equal(TimeSpan.FromSeconds(9), answer.Objects[0]!.Download!.ExpiresIn);
        Assert.Equal(503, (int)JsonNode.Parse(output.WrittenSpan)!["objects"]![1]!["error"]!["code"]!);
    }

    [Fact]
    public void Authentication_GetsAnotherUrl()
    {
        byte[]? written = LfsAuthentication.Rename(
            Bytes("""{"href": "https://git.example.com/x", "header": {"Authorization": "RemoteAuth t"}, "expires_in": 600}"""),
            static href => href.Replace("https://git.example.com", "http://node", StringComparison.Ordinal)
        );

        Assert.True(
            JsonNode.DeepEquals(
                JsonNode.Parse("""{"href": "http://node/x", "header": {"Authorization": "RemoteAuth t"}, "expires_in": 600}"""),
                JsonNode.Parse(written)
            )
        );
        Assert.Null(LfsAuthentication.Rename(Bytes("{}"), static _ => "x"));
        Assert.Null(LfsAuthentication.Rename(Bytes("""{"href": "a"}"""), static _ => null));
    }

    private static JsonNode Rewrite(string json, params LfsBatchChange?[] changes)
    {
        using LfsBatchResponse answer = LfsBatchResponse.TryParse(Bytes(json))!;
        var output = new ArrayBufferWriter<byte>();
        answer.Write(output, changes);
        return JsonNode.Parse(output.WrittenSpan)!;
    }

    private static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);
}
