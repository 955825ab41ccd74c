using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Warming;

/// <summary>A signed notice of a forge makes the node look at the primary at once; nothing else does.</summary>
public sealed class WebhookTests : IAsyncLifetime
{
    private static readonly History s_widgets = new(Seed: 91) { Commits = 20 };
    private static readonly HttpClient s_http = new();

    private readonly Station _station = new();
    private readonly TempFolder _folder = new();

    private string SecretFile => _folder["hook-secret"];

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_folder["service-password"], "alice-secret\n");
        await File.WriteAllTextAsync(SecretFile, "an old one\nhush\n");
        await _station.StartAsync(
            new NodeSettings
            {
                Options =
                [
                    "--Vet:Every",
                    "12:00:00",
                    "--Primaries:0:Service:Username",
                    "alice",
                    "--Primaries:0:Service:PasswordFile",
                    _folder["service-password"],
                    "--Hooks:SecretFile",
                    SecretFile,
                ],
            }
        );
    }

    public async Task DisposeAsync()
    {
        await _station.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(
        "github",
        "X-Hub-Signature-256",
        "sha256=",
        """{"ref":"refs/heads/main","repository":{"id":7,"full_name":"NAME"},"pusher":{"name":"sana"}}"""
    )]
    [InlineData("gitea", "X-Gitea-Signature", "", """{"ref":"refs/heads/main","repository":{"id":7,"full_name":"NAME","private":true}}""")]
    [InlineData("gitea", "X-Hub-Signature-256", "sha256=", """{"repository":{"full_name":"NAME"}}""")]
    [InlineData(
        "gitlab",
        "X-Gitlab-Token",
        null,
        """{"object_kind":"push","project":{"id":7,"path_with_namespace":"NAME"},"repository":{"name":"x"}}"""
    )]
    [InlineData("bitbucket", "X-Hub-Signature", "sha256=", """{"push":{"changes":[]},"repository":{"full_name":"NAME"}}""")]
    [InlineData(
        "bitbucket",
        "X-Hub-Signature",
        "sha256=",
        """{"eventKey":"repo:refs_changed","repository":{"slug":"SLUG","project":{"key":"PRIVATE"}}}"""
    )]
    public async Task Notice_BringsWhatWasPushed(string forge, string header, string? prefix, string payload)
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(_station, _folder, s_widgets);
        string name = pushed.Repository.Name[..^".git".Length];
        byte[] body = Encoding.UTF8.GetBytes(
            payload.Replace("NAME", name, StringComparison.Ordinal).Replace("SLUG", name.Split('/')[1], StringComparison.Ordinal)
        );
        await pushed.Repository.CommitAsync();
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(forge, body, header, prefix is null ? "Hush" : Sign(prefix, "Hush", body)));
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(forge, body, header, ""));
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync(forge, body, "X-Nothing", "hush"));
        Assert.Equal(1, pushed.Repository.PacksMade);
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync(forge, body, header, prefix is null ? "hush" : Sign(prefix, "hush", body)));
        await Eventually.TrueAsync("the commit is here", () => pushed.Repository.PacksMade == 2);
        await pushed.Alice.RunAsync("fetch", "--quiet");
        Assert.Equal(2, pushed.Repository.PacksMade);
    }

    [Fact]
    public async Task SameNoticeAgain_CostsAtMostOneSmallQuestion()
    {
        PushedRepository pushed = await PushedRepository.MakeAsync(_station, _folder, s_widgets);
        byte[] body = Encoding.UTF8.GetBytes($$$"""{"repository":{"full_name":"{{{pushed.Repository.Name}}}"}}""");
        int before = _station.Primary.Requests.Count;
        for (int replay = 0; replay < 30; replay++)
        {
            Assert.Equal(HttpStatusCode.Accepted, await SendAsync("github", body, "X-Hub-Signature-256", Sign("sha256=", "hush", body)));
        }

        // Upkeep, which asks the primary nothing, may wait longer.
        await Eventually.TrueAsync("nothing but upkeep is left", async () => (await WorkAsync()).All(static kind => kind == "upkeep"));
        Assert.InRange(_station.Primary.Requests.Count - before, 1, 30);
        Assert.Equal(1, pushed.Repository.PacksMade);
    }

    /// <summary>The kinds of all work that waits or runs.</summary>
    private async Task<string[]> WorkAsync()
    {
        using var queue = JsonDocument.Parse(await s_http.GetStringAsync(new Uri(_station.Node.Admin, "/api/v1/queue")));
        return [.. queue.RootElement.EnumerateArray().Select(static work => work.GetProperty("kind").GetString()!)];
    }

    [Fact]
    public async Task WhatIsNoNotice_IsRefused()
    {
        byte[] big = new byte[(1 << 20) + 1];
        Assert.Equal(
            HttpStatusCode.RequestEntityTooLarge,
            await SendAsync("github", big, "X-Hub-Signature-256", Sign("sha256=", "hush", big))
        );
        foreach (string text in (string[])["not json", "", "{\"a\":"])
        {
            byte[] body = Encoding.UTF8.GetBytes(text);
            Assert.Equal(HttpStatusCode.BadRequest, await SendAsync("github", body, "X-Hub-Signature-256", Sign("sha256=", "hush", body)));
        }

        foreach (
            string text in (string[])
                [
                    "[]",
                    "{}",
                    "7",
                    """{"repository":"x"}""",
                    """{"repository":{"full_name":7}}""",
                    """{"repository":{"full_name":"nobody/knows"}}""",
                ]
        )
        {
            byte[] body = Encoding.UTF8.GetBytes(text);
            Assert.Equal(HttpStatusCode.Accepted, await SendAsync("github", body, "X-Hub-Signature-256", Sign("sha256=", "hush", body)));
        }

        byte[][] noText =
        [
            Encoding.Latin1.GetBytes("{\"repository\":{\"full_name\":\"m\u00fcller/x\"}}"),
            Encoding.Latin1.GetBytes("{\"r\u00e9pository\":{}}"),
            Encoding.Unicode.GetBytes("{}"),
            Encoding.ASCII.GetBytes("{\"repository\":{\"full_name\":\"\\ud800/x\"}}"),
            [0xff, 0xfe],
        ];
        foreach (byte[] body in noText)
        {
            Assert.Equal(HttpStatusCode.BadRequest, await SendAsync("github", body, "X-Hub-Signature-256", Sign("sha256=", "hush", body)));
        }

        Assert.Equal(HttpStatusCode.NotFound, await SendAsync("sourceforge", [], "X-Gitlab-Token", "hush"));
        using HttpResponseMessage get = await s_http.GetAsync(new Uri(_station.Node.Url, "/.waystation/hooks/github"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
        using HttpResponseMessage other = await s_http.GetAsync(new Uri(_station.Node.Url, "/.waystation/else"));
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Fact]
    public async Task HalfBodies_TakeLittleMemoryTogether_AndHoldUpNoNotice()
    {
        const int Mebibyte = 1 << 20;
        byte[] half = new byte[Mebibyte - 1];
        byte[] head = Encoding.ASCII.GetBytes(
            $"POST /.waystation/hooks/github HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: sha256={new string('0', 64)}\r\n"
                + $"Content-Length: {Mebibyte}\r\n\r\n"
        );
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync("gitlab", "{}"u8.ToArray(), "X-Gitlab-Token", "hush"));
        long idle = _station.Node.ResidentBytes;
        _station.Node.ForgetPeak();
        var held = new List<RawConnection>();
        try
        {
            for (int i = 0; i < 500; i++)
            {
                RawConnection connection = await RawConnection.OpenAsync(_station.Node.Url);
                held.Add(connection);
                await connection.SendAsync(head);
                await connection.SendAsync(half);
            }

            byte[] notice = Encoding.UTF8.GetBytes(
                $$"""{"repository":{"full_name":"a/b"},"padding":"{{new string('x', Mebibyte / 2)}}"}"""
            );
            Assert.Equal(
                HttpStatusCode.Accepted,
                await SendAsync("github", notice, "X-Hub-Signature-256", Sign("sha256=", "hush", notice))
            );
            await Eventually.TrueAsync(
                "the half bodies are given up",
                async () => (await _station.Node.MetricsAsync()).Sum("waystation_hooks_total", "result=\"no-room\"") >= 450
            );
            Assert.InRange(_station.Node.PeakResidentBytes - idle, 0, 250L * Mebibyte);
        }
        finally
        {
            held.ForEach(connection => connection.Dispose());
        }
    }

    [Fact]
    public async Task Body_IsNotWaitedFor_WhereNoSignatureCanBeRight()
    {
        await Task.WhenAll(
            AskAsync("gitlab", "X-Gitlab-Token: nonsense"),
            AskAsync("github", "X-Nothing: x"),
            AskAsync("gitea", "X-Gitea-Signature: 00")
        );

        async Task AskAsync(string forge, string header)
        {
            using RawConnection connection = await RawConnection.OpenAsync(_station.Node.Url);
            await connection.SendAsync(
                Encoding.ASCII.GetBytes(
                    $"POST /.waystation/hooks/{forge} HTTP/1.1\r\nHost: x\r\n{header}\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n"
                )
            );
            RawAnswer answer = await connection.ReadToEndAsync(TimeSpan.FromSeconds(20));
            Assert.Equal(403, answer.Status);
        }
    }

    [Fact]
    public async Task Secret_IsExchangedWhileTheNodeRuns_AndWithoutOneThereAreNoHooks()
    {
        byte[] body = "{}"u8.ToArray();
        await File.WriteAllTextAsync(SecretFile, "a new one\n");
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync("gitlab", body, "X-Gitlab-Token", "hush"));
        Assert.Equal(HttpStatusCode.Accepted, await SendAsync("gitlab", body, "X-Gitlab-Token", "a new one"));
        await File.WriteAllTextAsync(SecretFile, "\n");
        Assert.Equal(HttpStatusCode.Forbidden, await SendAsync("gitlab", body, "X-Gitlab-Token", ""));
        await using WaystationNode without = await WaystationNode.StartAsync(_station.Primary.Url);
        Assert.Equal(HttpStatusCode.NotFound, await SendAsync("gitlab", body, "X-Gitlab-Token", "a new one", without));
    }

    private static string Sign(string prefix, string secret, byte[] body) =>
        prefix + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body));

    private async Task<HttpStatusCode> SendAsync(string forge, byte[] body, string header, string value, WaystationNode? node = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri((node ?? _station.Node).Url, $"/.waystation/hooks/{forge}"))
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TryAddWithoutValidation(header, value);
        using HttpResponseMessage response = await s_http.SendAsync(request);
        return response.StatusCode;
    }
}
