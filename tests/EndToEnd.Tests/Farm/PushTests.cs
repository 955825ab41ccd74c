using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>A push through one node is seen at once through every other, and costs the primary no pack.</summary>
public sealed class PushTests(FarmStation station) : IClassFixture<FarmStation>
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task OverHttp_OthersSeeItAtOnce_AndThePrimaryMakesNoPack(int version)
    {
        PrimaryRepository repository = await station.Primary.CreateAsync($"private/http-v{version}.git", new History(51));
        await PushAndFetchAsync(
            repository,
            $"http{version}",
            version,
            (node, user) => (node.UrlOf(repository, user).AbsoluteUri, node.Ssh)
        );
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task OverSsh_OthersSeeItAtOnce_AndThePrimaryMakesNoPack(int version)
    {
        PrimaryRepository repository = await station.Primary.CreateAsync($"private/ssh-v{version}.git", new History(52));
        await PushAndFetchAsync(
            repository,
            $"ssh{version}",
            version,
            (node, _) => (FarmStation.SshAddressOf(node.Ssh, repository), node.Ssh)
        );
    }

    private async Task PushAndFetchAsync(
        PrimaryRepository repository,
        string name,
        int version,
        Func<WaystationNode, string, (string Address, string Ssh)> door
    )
    {
        await station.TogetherAsync();
        List<GitClient> clones = [];
        foreach (string user in (string[])["alice", "bob"])
        {
            foreach ((int i, WaystationNode node) in station.Nodes.Index())
            {
                (string address, string ssh) = door(node, user);
                GitClient client = station.NewClient($"{name}-{user}-{i}", user, ssh).Speaking(version);
                await client.RunAsync("clone", "--quiet", address, "clone");
                clones.Add(client.In("clone"));
            }
        }

        await FarmTraffic.SettleAsync(station.Primary, station.Nodes);
        int packs = repository.PacksMade,
            count = station.Nodes.Count;
        for (int pusher = 0; pusher < count; pusher++)
        {
            GitClient alice = clones[pusher];
            await alice.RunAsync("pull", "--quiet", "--ff-only");
            await alice.RunAsync("commit", "--quiet", "--allow-empty", "--message", $"Through node {pusher}");
            await alice.RunAsync("push", "--quiet");
            string pushed = await alice.ReadAsync("rev-parse", "HEAD");
            for (int reader = 0; reader < count; reader++)
            {
                GitClient bob = clones[count + reader];
                await bob.RunAsync("fetch", "--quiet");
                Assert.Equal(pushed, await bob.ReadAsync("rev-parse", "origin/main"));
                await bob.RunAsync("fsck", "--full", "--no-progress", "--no-dangling");
                await (bob with { Folder = Path.GetDirectoryName(bob.Folder)! }).RunAsync(
                    "clone",
                    "--quiet",
                    "--depth",
                    "1",
                    door(station.Nodes[reader], "bob").Address,
                    $"shallow{pusher}"
                );
            }
        }

        Assert.Equal(packs, repository.PacksMade);
    }
}
