using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Waystation.Proxy.Tests.Admin;

/// <summary>Each page of the admin address: its methods, its status, and its refusals before a token is shown.</summary>
public sealed class AdminPagesTests(NodeWithToken node) : IClassFixture<NodeWithToken>
{
    private const string Text = "text/plain";
    private const string Json = "application/json";
    private const string Problem = "application/problem+json";

    [Theory]
    [InlineData("GET", "/healthz", 200, Text)]
    [InlineData("HEAD", "/healthz", 200, Text)]
    [InlineData("GET", "/readyz", 200, Text)]
    [InlineData("GET", "/metrics", 200, Text)]
    [InlineData("POST", "/healthz", 405, Text)]
    [InlineData("DELETE", "/nothing", 405, Text)]
    [InlineData("GET", "/nothing", 404, Text)]
    [InlineData("GET", "/api/v1", 404, Text)]
    [InlineData("GET", "/api/v2/status", 404, Text)]
    [InlineData("GET", "/api/v1/", 404, Problem)]
    [InlineData("GET", "/api/v1/nothing", 404, Problem)]
    [InlineData("POST", "/api/v1/nothing", 404, Problem)]
    [InlineData("GET", "/api/v1/status", 200, Json)]
    [InlineData("GET", "/api/v1/repos", 200, Json)]
    [InlineData("GET", "/api/v1/queue", 200, Json)]
    [InlineData("GET", "/api/v1/vet", 200, Json)]
    [InlineData("GET", "/api/v1/fetches", 200, Json)]
    [InlineData("GET", "/api/v1/fetches?last=5&repo=team/tool.git", 200, Json)]
    [InlineData("GET", "/api/v1/fetches?last=0", 400, Problem)]
    [InlineData("GET", "/api/v1/fetches?last=-1", 400, Problem)]
    [InlineData("GET", "/api/v1/fetches?last=many", 400, Problem)]
    [InlineData("GET", "/api/v1/fetches?repo=https://other.example.com/a.git", 400, Problem)]
    [InlineData("POST", "/api/v1/fetches", 405, Problem)]
    [InlineData("GET", "/api/v1/live", 200, Json)]
    [InlineData("GET", "/api/v1/live?repo=team/tool.git&outcome=hit,local", 200, Json)]
    [InlineData("GET", "/api/v1/live?outcome=luck", 400, Problem)]
    [InlineData("GET", "/api/v1/live?repo=https://other.example.com/a.git", 400, Problem)]
    [InlineData("GET", "/api/v1/live/events?outcome=luck", 400, Problem)]
    [InlineData("GET", "/api/v1/live/events?last=-1", 400, Problem)]
    [InlineData("POST", "/api/v1/live", 405, Problem)]
    [InlineData("POST", "/api/v1/status", 405, Problem)]
    [InlineData("HEAD", "/api/v1/status", 405, null)]
    [InlineData("GET", "/api/v1/repos/purge", 405, Problem)]
    [InlineData("GET", "/api/v1/repos/warm", 405, Problem)]
    [InlineData("PUT", "/api/v1/repos/sync", 405, Problem)]
    [InlineData("POST", "/api/v1/repos/purge", 200, Json)]
    [InlineData("POST", "/api/v1/repos/warm", 409, Problem)]
    [InlineData("POST", "/api/v1/repos/sync", 409, Problem)]
    [InlineData("POST", "/api/v1/repos/remove", 400, Problem)]
    [InlineData("POST", "/api/v1/repos/explain", 200, Json)]
    [InlineData("POST", "/api/v1/vet", 200, Json)]
    [InlineData("GET", "/api/v1/openapi.json", 200, Json)]
    public async Task Page_Answers_WithTheToken(string method, string path, int status, string? type)
    {
        using HttpResponseMessage answer = await SendAsync(method, path, """{"repo":"team/tool.git"}""", Json, NodeWithToken.Token);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        if (type is not null)
        {
            Assert.Equal(type, answer.Content.Headers.ContentType?.MediaType);
        }
    }

    [Theory]
    [InlineData("GET", "/healthz", 200)]
    [InlineData("GET", "/readyz", 200)]
    [InlineData("GET", "/nothing", 404)]
    [InlineData("POST", "/nothing", 405)]
    [InlineData("GET", "/metrics", 401)]
    [InlineData("GET", "/api/v1/status", 401)]
    [InlineData("GET", "/api/v1/fetches", 401)]
    [InlineData("GET", "/api/v1/nothing", 401)]
    [InlineData("DELETE", "/api/v1/status", 401)]
    [InlineData("POST", "/api/v1/repos/purge", 401)]
    public async Task Page_IsRefused_WithoutTheToken(string method, string path, int status)
    {
        foreach (string? token in (string?[])[null, "", "another"])
        {
            using HttpResponseMessage answer = await SendAsync(method, path, """{"repo":"team/tool.git"}""", Json, token);

            Assert.Equal(status, (int)answer.StatusCode);
            Assert.Equal(status == 401 ? "Bearer" : "", answer.Headers.WwwAuthenticate.ToString());
            if (status == 401 && path.StartsWith("/api/v1/", StringComparison.Ordinal))
            {
                Assert.Equal(Problem, answer.Content.Headers.ContentType?.MediaType);
            }
        }
    }

    [Theory]
    [InlineData("GET", "/metrics", 200)]
    [InlineData("GET", "/api/v1/status", 200)]
    [InlineData("GET", "/api/v1/live", 200)]
    [InlineData("GET", "/api/v1/nothing", 404)]
    [InlineData("POST", "/api/v1/status", 405)]
    [InlineData("POST", "/api/v1/vet", 403)]
    [InlineData("POST", "/api/v1/nodes", 403)]
    [InlineData("POST", "/api/v1/repos/purge", 403)]
    [InlineData("POST", "/api/v1/repos/remove", 403)]
    [InlineData("POST", "/api/v1/repos/explain", 403)]
    [InlineData("POST", "/api/v1/repos/warm", 403)]
    [InlineData("POST", "/api/v1/repos/sync", 403)]
    public async Task ReadToken_ShowsPages_AndDoesNothing(string method, string path, int status)
    {
        using HttpResponseMessage answer = await SendAsync(method, path, """{"repo":"team/tool.git"}""", Json, NodeWithToken.ReadToken);

        Assert.Equal(status, (int)answer.StatusCode);
        if (status == 403)
        {
            Assert.Equal(Problem, answer.Content.Headers.ContentType?.MediaType);
            Assert.Contains("Admin:ReadTokenFile", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Token_IsReadAgain_WhenItsFileChanges()
    {
        const string Next = "another token that reads";
        await File.WriteAllTextAsync(node.ReadTokenFile, Next);
        try
        {
            using HttpResponseMessage old = await SendAsync("GET", "/api/v1/status", "", null, NodeWithToken.ReadToken);
            using HttpResponseMessage next = await SendAsync("GET", "/api/v1/status", "", null, Next);
            Assert.Equal((401, 200), ((int)old.StatusCode, (int)next.StatusCode));
            File.Delete(node.ReadTokenFile);
            using HttpResponseMessage gone = await SendAsync("GET", "/api/v1/status", "", null, Next);
            using HttpResponseMessage empty = await SendAsync("GET", "/api/v1/status", "", null, "");
            using HttpResponseMessage acting = await SendAsync("GET", "/api/v1/status", "", null, NodeWithToken.Token);
            Assert.Equal((401, 401, 200), ((int)gone.StatusCode, (int)empty.StatusCode, (int)acting.StatusCode));
        }
        finally
        {
            await File.WriteAllTextAsync(node.ReadTokenFile, NodeWithToken.ReadToken);
        }
    }

    [Fact]
    public async Task Description_HasEveryPage_WithItsTypesAndErrors()
    {
        using HttpResponseMessage answer = await SendAsync("GET", "/api/v1/openapi.json", "", null, NodeWithToken.ReadToken);
        using var description = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        JsonElement paths = description.RootElement.GetProperty("paths");
        string[] pages =
        [
            .. paths
                .EnumerateObject()
                .SelectMany(static path => path.Value.EnumerateObject().Select(method => $"{method.Name} {path.Name}"))
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(
            [
                "get /api/v1/doctor",
                "get /api/v1/fetches",
                "get /api/v1/live",
                "get /api/v1/live/events",
                "get /api/v1/nodes",
                "get /api/v1/queue",
                "get /api/v1/repos",
                "get /api/v1/status",
                "get /api/v1/vet",
                "post /api/v1/nodes",
                "post /api/v1/repos/explain",
                "post /api/v1/repos/purge",
                "post /api/v1/repos/remove",
                "post /api/v1/repos/sync",
                "post /api/v1/repos/warm",
                "post /api/v1/vet",
            ],
            pages
        );
        foreach (JsonProperty path in paths.EnumerateObject())
        {
            foreach (JsonProperty operation in path.Value.EnumerateObject())
            {
                string name = $"{operation.Name} {path.Name}";
                JsonElement responses = operation.Value.GetProperty("responses");
                Assert.True(operation.Value.GetProperty("summary").GetString()!.Length > 10, name);
                Assert.True(
                    responses.GetProperty("200").GetProperty("content").EnumerateObject().First().Value.TryGetProperty("schema", out _),
                    name
                );
                foreach (string error in (string[])["401", "403", "500"])
                {
                    Assert.True(responses.GetProperty(error).GetProperty("content").TryGetProperty(Problem, out _), $"{name} {error}");
                }

                Assert.Equal(operation.Name == "post" && path.Name != "/api/v1/vet", operation.Value.TryGetProperty("requestBody", out _));
            }
        }
    }

    [Theory]
    [InlineData("""{"repo":"team/tool.git"}""", "text/plain", 415)]
    [InlineData("""{"repo":"team/tool.git"}""", "application/x-www-form-urlencoded", 415)]
    [InlineData("""{"repo":"team/tool.git"}""", null, 415)]
    [InlineData("""{"repo":"team/tool.git"}""", "application/json; charset=none", 400)]
    [InlineData("""{"repo":"team/tool.git"}""", "application/merge-patch+json", 200)]
    [InlineData("""{"repo":""", Json, 400)]
    [InlineData("", Json, 400)]
    [InlineData("null", Json, 400)]
    [InlineData("[]", Json, 400)]
    [InlineData("""{"repo":7}""", Json, 400)]
    [InlineData("""{"repository":"team/tool.git"}""", Json, 400)]
    public async Task Action_Takes_JsonAlone(string body, string? type, int status)
    {
        using HttpResponseMessage answer = await SendAsync("POST", "/api/v1/repos/purge", body, type, NodeWithToken.Token);

        Assert.Equal(status, (int)answer.StatusCode);
        if (status != 200)
        {
            Assert.Equal(Problem, answer.Content.Headers.ContentType?.MediaType);
            Assert.Contains("\"detail\":\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task EveryPage_RefusesAForeignHost()
    {
        foreach (string path in (string[])["/healthz", "/metrics", "/api/v1/status", "/api/v1/nothing", "/nothing"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Admin, path))
            {
                Headers = { Host = "evil.example.com" },
            };
            using HttpResponseMessage answer = await node.Client.SendAsync(request);

            Assert.Equal(421, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task Status_HasTheShapeThatScriptsRelyOn()
    {
        using HttpResponseMessage answer = await SendAsync("GET", "/api/v1/status", "", null, NodeWithToken.Token);

        Assert.Matches(
            """^\{"version":"[^"]+","started":"[^"]+","mirrors":0,"mirrorBytes":0,"packs":0,"packBytes":0,"lfsObjects":0,"lfsBytes":0\}$""",
            await answer.Content.ReadAsStringAsync()
        );
    }

    [Fact]
    public async Task Status_SaysWhenTheNodeStarted_NotWhenItWasFirstAsked()
    {
        using HttpResponseMessage answer = await SendAsync("GET", "/api/v1/status", "", null, NodeWithToken.Token);

        using var status = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.InRange(status.RootElement.GetProperty("started").GetDateTimeOffset(), node.Ready.AddMinutes(-10), node.Ready);
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string path, string body, string? type, string? token)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(node.Admin, path));
        if (method is "POST" or "PUT")
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        }

        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        return await node.Client.SendAsync(request);
    }
}
