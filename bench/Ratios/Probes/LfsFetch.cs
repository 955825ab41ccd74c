using System.Text;
using System.Text.Json.Nodes;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.Ratios.Probes;

/// <summary>
/// Fetches objects as git-lfs does, and discards them: a batch request for each hundred, then their transfers, eight at a time. The
/// connections stay open.
/// </summary>
internal sealed class LfsFetch : IDisposable
{
    private const int InOneBatch = 100,
        AtOnce = 8;

    private readonly HttpClient _client = new(new SocketsHttpHandler { MaxConnectionsPerServer = AtOnce, UseProxy = false });

    /// <summary>Fetches all; returns their bytes.</summary>
    public async Task<long> FetchAsync(Uri repository, IReadOnlyList<LfsContent> contents)
    {
        long bytes = 0;
        var batch = new Uri(repository.AbsoluteUri + "/info/lfs/objects/batch");
        foreach (LfsContent[] asked in contents.Chunk(InOneBatch))
        {
            Uri[] hrefs = await AskAsync(batch, asked);
            await Parallel.ForEachAsync(
                hrefs,
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
                async (href, stopping) => Interlocked.Add(ref bytes, (await _client.GetByteArrayAsync(href, stopping)).Length)
            );
        }

        return bytes;
    }

    /// <summary>The URL of one object.</summary>
    public async Task<Uri> HrefAsync(Uri repository, LfsContent content) =>
        (await AskAsync(new Uri(repository.AbsoluteUri + "/info/lfs/objects/batch"), [content]))[0];

    public void Dispose() => _client.Dispose();

    private async Task<Uri[]> AskAsync(Uri batch, IEnumerable<LfsContent> contents)
    {
        var body = new JsonObject
        {
            ["operation"] = "download",
            ["transfers"] = new JsonArray("basic"),
            ["objects"] = new JsonArray([
                .. contents.Select(static one => (JsonNode)new JsonObject { ["oid"] = one.Oid, ["size"] = one.Size }),
            ]),
        };
        using var asked = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/vnd.git-lfs+json");
        using HttpResponseMessage answer = await _client.PostAsync(batch, asked);
        answer.EnsureSuccessStatusCode();
        JsonNode told = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        return [.. told["objects"]!.AsArray().Select(static one => new Uri((string)one!["actions"]!["download"]!["href"]!))];
    }
}
