using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Waystation.Proxy.Hooks;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Admin;

/// <summary>The name of a repository is checked, from every source: no other text becomes a request with the service credential.</summary>
public sealed class RepositoryNamesTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly HttpClient _client = new();
    private ScriptedPrimary _primary = null!;
    private WaystationNode _node = null!;

    public static TheoryData<string> NoNames { get; } =
    [
        "team/tool HTTP/1.1\r\nHost: x\r\n\r\nDELETE /team/tool HTTP/1.1\r\nX: ",
        "team/tool\nX: y",
        "team/tool\r",
        "team/to ol",
        "team/to\tol",
        "team/tool\0",
        "team/tool?service=git-receive-pack&x=",
        "team/tool#x",
        "team/../tool",
        "team//tool",
        "team/%2e%2e/tool",
        "team/tool%0d%0aX:%20y",
        "team/t\u00F6ol",
        "http://elsewhere.example/team/tool",
        "http://me@HOST/team/tool",
        "http://HOST@elsewhere.example/team/tool",
        "HOST/team/tool?x",
        "HOST/\r\nX: y",
        "ssh:HOST/team\ntool",
        "HOST/",
        "",
    ];

    [Theory]
    [MemberData(nameof(NoNames))]
    public async Task WhatIsNoName_IsRefused_AndNobodyIsAsked(string text)
    {
        string repo = text.Replace("HOST", _primary.Authority, StringComparison.Ordinal);
        foreach (string action in new[] { "warm", "sync", "purge" })
        {
            using HttpResponseMessage answer = await ActAsync(action, repo);
            Assert.Equal((HttpStatusCode.BadRequest, action), (answer.StatusCode, action));
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        }

        Assert.Equal("[]", await _client.GetStringAsync(new Uri(_node.Admin, "/api/v1/queue")));
        Assert.Empty(_primary.Requests);
    }

    [Theory]
    [InlineData("team/tool.git", "/team/tool.git")]
    [InlineData("HOST/team/to%20ol", "/team/to%20ol")]
    [InlineData("http://HOST/team/tool/", "/team/tool")]
    public async Task Name_IsAsked_UnderItsOwnPath(string text, string target)
    {
        using HttpResponseMessage answer = await ActAsync("warm", text.Replace("HOST", _primary.Authority, StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await Eventually.TrueAsync("the primary is asked", () => _primary.Requests.Count > 0);
        Assert.All(_primary.Requests, request => Assert.StartsWith(target + "/", request.Target, StringComparison.Ordinal));
    }

    [Fact]
    public async Task WorkLeftByAnEarlierRun_IsAskedForUnderNames_AndNothingElse()
    {
        await _node.StopAsync();
        object[] left =
        [
            Work("team/tool HTTP/1.1\r\nHost: x\r\n\r\nDELETE /team/tool HTTP/1.1\r\nX: "),
            Work("team/tool?x="),
            Work("team/../tool"),
            Work("good/tool.git"),
        ];
        await File.WriteAllTextAsync(Path.Combine(_node.DataFolder, "queue.json"), JsonSerializer.Serialize(left));
        await _node.StartAgainAsync();
        await Eventually.TrueAsync("the good one is asked for", () => _primary.Requests.Count > 0);
        await Eventually.TrueAsync(
            "the others are done with",
            async () => !(await _client.GetStringAsync(new Uri(_node.Admin, "/api/v1/queue"))).Contains("team", StringComparison.Ordinal)
        );
        Assert.All(_primary.Requests, static request => Assert.StartsWith("/good/tool.git/", request.Target, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("team/tool.git", "team/tool")]
    [InlineData("team/../tool", null)]
    [InlineData("team/tool?x", null)]
    [InlineData("team/tool\\r\\nX: y", null)]
    public void NoticeOfAForge_NamesARepository_OrNothing(string said, string? name) =>
        Assert.Equal(
            name,
            HookPayload.RepositoryOf(
                new GitHubForge(),
                System.Text.Encoding.UTF8.GetBytes($$$"""{"repository":{"full_name":"{{{said}}}"}}""")
            )
        );

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_folder["password"], "secret\n");
        _primary = await ScriptedPrimary.StartAsync(static context =>
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        });
        _node = await WaystationNode.StartAsync(
            _primary.Url,
            new NodeSettings
            {
                Options = ["--Primaries:0:Service:Username", "node", "--Primaries:0:Service:PasswordFile", _folder["password"]],
            }
        );
    }

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        await _primary.DisposeAsync();
        _client.Dispose();
        _folder.Dispose();
    }

    private object Work(string path) =>
        new
        {
            Kind = "Warm",
            Host = _primary.Authority,
            Path = path,
            Due = DateTimeOffset.UnixEpoch,
            Failures = 0,
            Error = (string?)null,
        };

    private Task<HttpResponseMessage> ActAsync(string action, string repo) =>
        _client.PostAsJsonAsync(new Uri(_node.Admin, $"/api/v1/repos/{action}"), new { repo });
}
