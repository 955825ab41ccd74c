using System.Text.Json;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>One node keeps the mirror of a repository; the others get packs from it, and operators see so.</summary>
public sealed class PeerTests(FarmStation station) : IClassFixture<FarmStation>
{
    private static readonly HttpClient s_http = new();

    [Fact]
    public async Task EachNodeServesTheClone_FromTheOneMirror_AndSaysWhichNodeGaveIt()
    {
        await station.TogetherAsync();
        PrimaryRepository repository = await station.Primary.CreateAsync("public/shared.git", new History(17));
        string tip = await repository.ResolveAsync("refs/heads/main");
        foreach ((int i, WaystationNode node) in station.Nodes.Index())
        {
            GitClient client = station.NewClient($"peer{i}");
            await client.RunAsync("clone", "--quiet", "--bare", node.UrlOf(repository).AbsoluteUri, "clone");
            Assert.Equal(tip, (await client.In("clone").ReadAsync("rev-parse", "refs/heads/main")).Trim());
            await client.In("clone").RunAsync("fsck", "--strict");
        }

        JsonElement[][] fetches = await Task.WhenAll(station.Nodes.Select(node => FetchesAsync(node, repository)));
        string[] keepers =
        [
            .. fetches.SelectMany(static all => all.Select(static fetch => TextOf(fetch, "peer")).OfType<string>()).Distinct(),
        ];
        string keeper = Assert.Single(keepers);
        int at = int.Parse(keeper["node".Length..], System.Globalization.CultureInfo.InvariantCulture) - 1;
        Assert.Equal(
            ["node1", "node2", "node3"],
            fetches[at].Select(static fetch => TextOf(fetch, "from")).OfType<string>().Append(keeper).Distinct().Order()
        );
        Assert.Equal(1, station.Nodes.Count(node => Directory.Exists(Path.Combine(node.DataFolder, "mirrors"))));
    }

    private static async Task<JsonElement[]> FetchesAsync(WaystationNode node, PrimaryRepository repository)
    {
        string json = await s_http.GetStringAsync(new Uri(node.Admin, $"/api/v1/fetches?repo={repository.Name}"));
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(static fetch => fetch.Clone())];
    }

    private static string? TextOf(JsonElement fetch, string name) =>
        fetch.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
