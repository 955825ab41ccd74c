using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text.Json;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.Proxy.Tests.Servers;

/// <summary>A node in front of a scripted Git server, and the requests of a git client by hand.</summary>
public class GitFront : Front
{
    private int _repositories;

    public GitFront() { }

    protected GitFront(params string[] options)
        : base(options) { }

    /// <summary>A fresh repository that the primary serves from now on.</summary>
    public (string Repository, GitScript Script) Serve(Action<GitScript>? change = null)
    {
        var script = new GitScript();
        change?.Invoke(script);
        Primary.Answer(script.HandleAsync);
        return ($"/team/tool{Interlocked.Increment(ref _repositories)}.git", script);
    }

    /// <summary>Asks for the advertisement and returns <c>Cache-Status</c>.</summary>
    public async Task<string> InfoRefsAsync(string repository, string query = "", params (string Name, string Value)[] headers)
    {
        using HttpResponseMessage answer = await GetAsync(
            $"{repository}/info/refs?service=git-upload-pack{query}",
            [("Git-Protocol", "version=2"), .. headers]
        );
        await answer.Content.ReadAsByteArrayAsync();
        return StatusOf(answer);
    }

    public Task<HttpResponseMessage> FetchAsync(string repository, string want = GitScript.Tip, params string[] arguments) =>
        PostAsync(repository, Lines.ToBytes(["command=fetch", "0001", "ofs-delta", .. arguments, $"want {want}", "done", "0000"]));

    public async Task<HttpResponseMessage> PostAsync(
        string repository,
        byte[] body,
        bool gzip = false,
        params (string Name, string Value)[] headers
    )
    {
        using var coded = new MemoryStream();
        using (var stream = new GZipStream(coded, CompressionLevel.Fastest, leaveOpen: true))
        {
            stream.Write(body);
        }

        var content = new ByteArrayContent(gzip ? coded.ToArray() : body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-git-upload-pack-request");
        if (gzip)
        {
            content.Headers.ContentEncoding.Add("gzip");
        }

        return await SendAsync(HttpMethod.Post, $"{repository}/git-upload-pack", content, [("Git-Protocol", "version=2"), .. headers]);
    }

    /// <summary>Fetches to the end; null is a body that broke off.</summary>
    public async Task<(string Status, byte[]? Body)> FetchToEndAsync(
        string repository,
        string want = GitScript.Tip,
        params string[] arguments
    )
    {
        string status = "";
        try
        {
            using HttpResponseMessage answer = await FetchAsync(repository, want, arguments);
            status = StatusOf(answer);
            return (status, await answer.Content.ReadAsByteArrayAsync());
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (status, null);
        }
    }

    /// <summary>How the fetches of a repository were served and ended, by their records, once there are so many.</summary>
    public async Task<(string Served, string? End)[]> RecordedAsync(string repository, int count)
    {
        (string, string?)[] found = [];
        await Eventually.TrueAsync(
            $"{count} fetches of {repository} are recorded",
            async () =>
            {
                using JsonDocument all = JsonDocument.Parse(await Client.GetStringAsync(new Uri(Node.Admin, "/api/v1/fetches")));
                found =
                [
                    .. all
                        .RootElement.EnumerateArray()
                        .Where(fetch => fetch.GetProperty("repo").GetString()!.EndsWith(repository, StringComparison.Ordinal))
                        .Select(static fetch =>
                            ($"{fetch.GetProperty("outcome")} {fetch.GetProperty("reason")}", fetch.GetProperty("end").GetString())
                        ),
                ];
                return found.Length >= count;
            }
        );
        return found;
    }

    public static string StatusOf(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("Cache-Status", out IEnumerable<string>? values) ? string.Join(" | ", values) : "";
}
