using System.Security.Cryptography;
using System.Text.Json;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>
/// A node with another secret, as after a rotation that forgot one: at the same Redis, under the same name and address, it takes nothing
/// from the others and gives them nothing. Both go on alone.
/// </summary>
public sealed class SecretTests : IAsyncLifetime
{
    private static readonly HttpClient s_http = new();

    private readonly FarmStation _station = new();

    public async Task InitializeAsync()
    {
        await _station.StartAsync(new FarmSettings { Nodes = 2 });
        await _station.TogetherAsync();
    }

    public Task DisposeAsync() => _station.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task ANodeWithAnotherSecret_IsAloneAndForwards(int number)
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync("private/plans.git", new History(Seed: 96) { Commits = 5 });
        WaystationNode other = _station.Nodes[number],
            farm = _station.Nodes[1 - number];
        foreach (WaystationNode node in _station.Nodes)
        {
            await CloneAsync(node, repository, $"before{node.ProcessId}");
        }

        // The others still believe in the node that died: their next questions to it are sealed with the secret that it had.
        other.Kill();
        await File.WriteAllTextAsync(_station.SecretFile, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) + "\n");
        await other.StartAgainAsync();

        int stranger = 0;
        foreach (WaystationNode node in (WaystationNode[])[farm, other])
        {
            PrimaryRepository unknown = await _station.Primary.CreateAsync(
                $"private/new{stranger}.git",
                new History(Seed: 97 + stranger++)
            );
            await CloneAsync(node, unknown, $"new{stranger}");
            Assert.Equal(1, unknown.PacksMade);
            await CloneAsync(node == farm ? other : farm, unknown, $"again{stranger}");
            Assert.Equal(2, unknown.PacksMade);
            await CloneAsync(node, repository, $"after{stranger}");
            await AssertAnswersOnlyToItselfAsync(node);
        }

        await Task.WhenAll(farm.MeetsAsync(1), other.MeetsAsync(1));
        Assert.Contains("secret", other.Log + farm.Log, StringComparison.OrdinalIgnoreCase);
    }

    private Task CloneAsync(WaystationNode node, PrimaryRepository repository, string folder) =>
        _station.NewClient(folder).RunAsync("clone", "--quiet", "--bare", node.UrlOf(repository, "alice").AbsoluteUri, "clone");

    /// <summary>No fetch was served by, or for, another node since the secrets differ.</summary>
    private static async Task AssertAnswersOnlyToItselfAsync(WaystationNode node)
    {
        string json = await s_http.GetStringAsync(new Uri(node.Admin, "/api/v1/fetches?repo=private/new"));
        using var fetches = JsonDocument.Parse(json);
        Assert.All(
            fetches.RootElement.EnumerateArray(),
            static fetch =>
                Assert.False(
                    fetch.TryGetProperty("peer", out JsonElement peer) && peer.ValueKind == JsonValueKind.String,
                    fetch.GetRawText()
                )
        );
    }
}
