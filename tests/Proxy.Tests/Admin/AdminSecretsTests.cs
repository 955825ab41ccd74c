using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Admin;

/// <summary>No page of the admin address gives away a secret of the settings or of a request, whatever it is asked.</summary>
public sealed class AdminSecretsTests : IAsyncLifetime
{
    private const string ActToken = "secret-1-of-the-operator";
    private const string ReadToken = "secret-2-of-the-reader";
    private const string ServicePassword = "secret-3-of-the-service";
    private const string HookSecret = "secret-4-of-the-forge";
    private const string NotifySecret = "secret-5-of-the-notice";
    private const string UserPassword = "secret-6-of-a-user";

    /// <summary>Between the head of an answer and its body.</summary>
    private const string HeadEnd = "\0";

    private readonly TempFolder _folder = new();
    private readonly HttpClient _client = Front.NewClient();
    private ScriptedPrimary _primary = null!;
    private WaystationNode _node = null!;

    public async Task InitializeAsync()
    {
        _primary = await ScriptedPrimary.StartAsync(static context =>
        {
            context.Response.StatusCode = 401;
            return Task.CompletedTask;
        });
        _node = await WaystationNode.StartAsync(
            _primary.Url,
            new NodeSettings
            {
                Options =
                [
                    "--Admin:TokenFile",
                    FileOf("act", ActToken),
                    "--Admin:ReadTokenFile",
                    FileOf("read", ReadToken),
                    "--Primaries:0:Service:Username",
                    "robot",
                    "--Primaries:0:Service:PasswordFile",
                    FileOf("service", ServicePassword),
                    "--Hooks:SecretFile",
                    FileOf("hook", HookSecret),
                    "--Notify:Url",
                    "http://127.0.0.1:9/",
                    "--Notify:SecretFile",
                    FileOf("notify", NotifySecret),
                ],
            }
        );
    }

    [Fact]
    public async Task NoAnswer_HasASecret()
    {
        string basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"alice:{UserPassword}"));
        using (var fetch = new HttpRequestMessage(HttpMethod.Post, new Uri(_node.Url, "/team/tool.git/git-upload-pack")))
        {
            fetch.Headers.Authorization = new AuthenticationHeaderValue("Basic", basic);
            fetch.Content = new StringContent("no fetch");
            using HttpResponseMessage refused = await _client.SendAsync(fetch);
        }

        string[] secrets = [ActToken, ReadToken, ServicePassword, HookSecret, NotifySecret, UserPassword, basic];
        var answers = new Dictionary<string, string>(StringComparer.Ordinal);
        string description = answers["openapi"] = await AskAsync(HttpMethod.Get, "/api/v1/openapi.json", null);
        foreach (JsonProperty path in JsonDocument.Parse(description.Split(HeadEnd)[1]).RootElement.GetProperty("paths").EnumerateObject())
        {
            foreach (JsonProperty operation in path.Value.EnumerateObject())
            {
                HttpMethod method = operation.Name == "post" ? HttpMethod.Post : HttpMethod.Get;
                answers[$"{operation.Name} {path.Name}"] = await AskAsync(method, path.Name, Bodies(path.Name));
            }
        }

        foreach (string page in (string[])["/healthz", "/readyz", "/metrics"])
        {
            answers[page] = await AskAsync(HttpMethod.Get, page, null);
        }

        Assert.InRange(answers.Count, 15, 200);
        Assert.Contains("team/tool.git", answers["get /api/v1/fetches"], StringComparison.Ordinal);
        Assert.Contains("\"reached\":true", answers["post /api/v1/repos/explain"], StringComparison.Ordinal);
        Assert.Contains("queued", answers["post /api/v1/repos/warm"], StringComparison.Ordinal);
        foreach (string secret in secrets)
        {
            Assert.DoesNotContain(answers, answer => answer.Value.Contains(secret, StringComparison.Ordinal));
            Assert.DoesNotContain(secret, _node.Log, StringComparison.Ordinal);
        }

        // Its lock is let go then.
        await _node.StopAsync();
        foreach (string file in Directory.EnumerateFiles(_node.DataFolder, "*", SearchOption.AllDirectories))
        {
            string text = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));
            Assert.DoesNotContain(secrets, secret => text.Contains(secret, StringComparison.Ordinal));
        }
    }

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        await _primary.DisposeAsync();
        _client.Dispose();
        _folder.Dispose();
    }

    private static string Bodies(string path) =>
        path.EndsWith("/explain", StringComparison.Ordinal)
            ? $$"""{"repo":"team/tool.git","username":"alice","password":"{{UserPassword}}"}"""
            : """{"repo":"team/tool.git","name":"a","action":"drain"}""";

    private string FileOf(string name, string secret)
    {
        File.WriteAllText(_folder[name], secret + "\n");
        return _folder[name];
    }

    /// <summary>The answer; of a stream what came in its first part.</summary>
    private async Task<string> AskAsync(HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(
            method,
            new Uri(_node.Admin, path + (path.EndsWith("events", StringComparison.Ordinal) ? "?last=9" : ""))
        );
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ActToken);
        if (method == HttpMethod.Post)
        {
            request.Content = new StringContent(body!, Encoding.UTF8, "application/json");
        }

        using HttpResponseMessage answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        string head = answer + HeadEnd;
        if (answer.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            return head + await answer.Content.ReadAsStringAsync();
        }

        await using Stream stream = await answer.Content.ReadAsStreamAsync();
        byte[] first = new byte[64 * 1024];
        return head + Encoding.UTF8.GetString(first, 0, await stream.ReadAsync(first));
    }
}
