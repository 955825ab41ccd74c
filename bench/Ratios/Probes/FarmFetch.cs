using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;

namespace Waystation.Ratios.Probes;

/// <summary>One fetch at one node, by a client that may bring a login of its own.</summary>
/// <param name="Milliseconds">From before the request until the last byte.</param>
/// <param name="Bytes">The length of the response.</param>
/// <param name="Status">What the node says about it.</param>
internal sealed record FarmFetch(double Milliseconds, long Bytes, string Status)
{
    /// <summary>Whether the node had it.</summary>
    public bool IsHit => Status.StartsWith("waystation; hit", StringComparison.Ordinal);

    /// <summary>Whether another node had it.</summary>
    public bool IsOfPeer => Status.Contains("detail=peer", StringComparison.Ordinal);

    /// <summary>Asks for refs, so that there is a ticket.</summary>
    public static async Task AuthoriseAsync(HttpClient client, WaystationNode node, PrimaryRepository repository, string? login = null)
    {
        using HttpRequestMessage request = Post(node, repository, FetchBody.LsRefs, login);
        using HttpResponseMessage answer = await client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    public static async Task<FarmFetch> RunAsync(
        HttpClient client,
        WaystationNode node,
        PrimaryRepository repository,
        byte[] body,
        string? login = null
    )
    {
        using HttpRequestMessage request = Post(node, repository, body, login);
        long begun = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        await using var received = new MemoryStream();
        await answer.Content.CopyToAsync(received);
        return new FarmFetch(
            Stopwatch.GetElapsedTime(begun).TotalMilliseconds,
            received.Length,
            answer.Headers.TryGetValues("Cache-Status", out IEnumerable<string>? said) ? said.First() : ""
        );
    }

    private static HttpRequestMessage Post(WaystationNode node, PrimaryRepository repository, byte[] body, string? login)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(node.UrlOf(repository).AbsoluteUri + "/git-upload-pack"))
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(FetchBody.ContentType);
        request.Headers.Add("Git-Protocol", "version=2");
        // The nodes of a farm have one name. With a name for each, a client would have a credential for each.
        request.Headers.Host = "git.example.com";
        if (login is not null)
        {
            string pair = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{login}:x"));
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", pair);
        }

        return request;
    }
}
