using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>LFS by hand: batch requests and transfers as a client sends them, with the answers as they come.</summary>
internal static class LfsWire
{
    private static readonly HttpClient s_http = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
        }
    )
    {
        Timeout = TimeSpan.FromMinutes(2),
    };

    /// <summary>A batch request at a server.</summary>
    public static async Task<LfsReply> BatchAsync(
        Uri server,
        PrimaryRepository repository,
        string? user,
        string operation,
        IReadOnlyList<LfsContent> contents,
        params IReadOnlyList<string> transfers
    )
    {
        var body = new JsonObject
        {
            ["operation"] = operation,
            ["transfers"] = new JsonArray([.. (transfers.Count > 0 ? transfers : ["basic"]).Select(static name => (JsonNode)name)]),
            ["ref"] = new JsonObject { ["name"] = "refs/heads/main" },
            ["objects"] = new JsonArray([
                .. contents.Select(static content => (JsonNode)new JsonObject { ["oid"] = content.Oid, ["size"] = content.Size }),
            ]),
            ["hash_algo"] = "sha256",
            ["x_client"] = "kept",
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, $"{repository.Name}/info/lfs/objects/batch"))
        {
            Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/vnd.git-lfs+json"),
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/vnd.git-lfs+json"));
        request.Headers.Authorization = LoginOf(user);
        return await SendAsync(request);
    }

    /// <summary>The <c>download</c> href that the node gives this user for an object.</summary>
    public static async Task<Uri> HrefAsync(LfsStation station, PrimaryRepository repository, LfsContent content, string user = "alice")
    {
        LfsReply reply = await BatchAsync(station.Node.Url, repository, user, "download", [content]);
        Assert.Equal(200, reply.Status);
        return reply.Href(0);
    }

    /// <summary>GET, HEAD or another method at a URL, as a client does that has been told it is authenticated.</summary>
    public static async Task<LfsReply> AskAsync(Uri url, string method = "GET", params IReadOnlyList<(string Name, string Value)> headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), url);
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await SendAsync(request);
    }

    /// <summary>GET until the node says that it has the object: it is stored a moment after its last byte has left.</summary>
    public static async Task<LfsReply> HitAsync(Uri url)
    {
        LfsReply? reply = null;
        await Eventually.TrueAsync("the object is a hit", async () => (reply = await AskAsync(url)).CacheStatus == "waystation; hit");
        return reply!;
    }

    /// <summary>PUT of a whole object as an action says.</summary>
    public static async Task<LfsReply> PutAsync(JsonNode action, byte[] content, string? user = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri((string)action["href"]!));
        request.Content = new ByteArrayContent(content);
        foreach ((string name, JsonNode? value) in action["header"]?.AsObject() ?? [])
        {
            request.Headers.TryAddWithoutValidation(name, (string)value!);
        }

        request.Headers.Authorization ??= LoginOf(user);
        return await SendAsync(request);
    }

    /// <summary>POST of the object's name to a <c>verify</c> action.</summary>
    public static async Task<LfsReply> VerifyAsync(JsonNode action, LfsContent content, string? user = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri((string)action["href"]!))
        {
            Content = new StringContent(
                new JsonObject { ["oid"] = content.Oid, ["size"] = content.Size }.ToJsonString(),
                Encoding.UTF8,
                "application/vnd.git-lfs+json"
            ),
        };
        request.Headers.Authorization = LoginOf(user);
        return await SendAsync(request);
    }

    public static string DigestOf(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static AuthenticationHeaderValue? LoginOf(string? user) =>
        user is null ? null : new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{user}{ApachePrimary.PasswordSuffix}")));

    private static async Task<LfsReply> SendAsync(HttpRequestMessage request)
    {
        using HttpResponseMessage response = await s_http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var body = new MemoryStream();
        bool isWhole = true;
        try
        {
            await using Stream content = await response.Content.ReadAsStreamAsync();
            await content.CopyToAsync(body);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            isWhole = false;
        }

        return new LfsReply(
            (int)response.StatusCode,
            response
                .Headers.Concat(response.Content.Headers)
                .ToLookup(static header => header.Key, static header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase),
            body.ToArray(),
            isWhole
        );
    }
}
