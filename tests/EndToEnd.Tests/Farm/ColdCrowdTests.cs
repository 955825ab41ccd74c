using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>Many identical clones at once of a repository that no node knows, spread over the nodes by the balancer.</summary>
public sealed class ColdCrowdTests(FarmStation station) : IClassFixture<FarmStation>
{
    [Theory]
    [InlineData("", 2, 30)]
    [InlineData("--depth=1", 2, 30)]
    [InlineData("", 0, 12)]
    [InlineData("", 1, 12)]
    public async Task OverHttp_ThePrimarySendsWhatItSendsToOneNode(string option, int version, int clones)
    {
        string name = $"{option.Trim('-').Replace("=", "", StringComparison.Ordinal)}v{version}";
        await CompareAsync(name, option, version, clones, static (farm, repository) => farm.UrlOf(repository).AbsoluteUri);
    }

    [Fact]
    public Task OverSsh_ThePrimarySendsWhatItSendsToOneNode() =>
        CompareAsync("ssh", "", version: 2, clones: 12, static (farm, repository) => farm.SshAddressOf(repository));

    private async Task CompareAsync(
        string name,
        string option,
        int version,
        int clones,
        Func<FarmStation, PrimaryRepository, string> address
    )
    {
        await station.TogetherAsync();
        // The names are equally long, and so are the answers with refs.
        PrimaryRepository shared = await station.Primary.CreateAsync($"public/{name}-farm.git", FarmTraffic.Large),
            own = await station.Primary.CreateAsync($"public/{name}-node.git", FarmTraffic.Large);
        double[] before = await FetchesAsync();
        FarmTraffic farm = await FarmTraffic.DuringAsync(
            station.Primary,
            station.Nodes,
            shared,
            () => CloneAsync($"{name}-farm", option, version, clones, address(station, shared))
        );
        Assert.All(
            before.Zip(await FetchesAsync(), static (old, now) => now - old),
            static served => Assert.True(served > 0, "a node served no clone")
        );

        await using WaystationNode node = await WaystationNode.StartAsync(station.Primary.Url);
        FarmTraffic alone = await FarmTraffic.DuringAsync(
            station.Primary,
            [node],
            own,
            () => CloneAsync($"{name}-node", option, version, clones, node.UrlOf(own).AbsoluteUri)
        );

        Assert.Equal(1, farm.Packs);
        Assert.Equal(alone.Packs, farm.Packs);
        // The progress lines of the primary differ from pack to pack.
        Assert.InRange(farm.PackBytes - alone.PackBytes, -2_000, 2_000);
        // Each client has its refs asked for; how many share an answer is chance, in the farm as at one node.
        Assert.InRange(farm.Requests, 1, (2 * clones) + 2);
        await AssertEqualAsync($"{name}-farm", clones, await shared.ResolveAsync("refs/heads/main"));
    }

    private async Task<double[]> FetchesAsync() =>
        [
            .. (await Task.WhenAll(station.Nodes.Select(static node => node.MetricsAsync()))).Select(static metrics =>
                metrics.Sum("waystation_fetches_total")
            ),
        ];

    private Task CloneAsync(string folder, string option, int version, int clones, string address)
    {
        GitClient client = station.NewClient(folder).Speaking(version);
        string[] options = option.Length > 0 ? [option] : [];
        return Task.WhenAll(
            Enumerable.Range(0, clones).Select(i => client.RunAsync(["clone", "--quiet", "--bare", .. options, address, $"clone{i}"]))
        );
    }

    private async Task AssertEqualAsync(string folder, int clones, string tip)
    {
        GitClient client = new GitClient(station.Folder) with { Folder = station.Folder[folder] };
        CloneState first = await CloneState.OfAsync(client.In("clone0"));
        for (int i = 0; i < clones; i++)
        {
            GitClient clone = client.In($"clone{i}");
            Assert.Equal(tip, await clone.ReadAsync("rev-parse", "HEAD"));
            Assert.Equal(first.Objects, await clone.ReadAsync("cat-file", "--batch-all-objects", "--batch-check"));
            await clone.RunAsync("fsck", "--full", "--no-progress", "--no-dangling");
        }
    }
}
