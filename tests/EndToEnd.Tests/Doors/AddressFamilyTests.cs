using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Doors;

/// <summary>
/// Real git in networks with IPv4 only, with IPv6 only and with both, at a node that listens on an address of each family and on all. A
/// client list admits just these networks, so each client's address is known in its own form.
/// </summary>
public sealed class AddressFamilyTests
{
    [NamespaceFact]
    public async Task Clone_Works_InEveryFamily_AndAtEveryKindOfAddress()
    {
        await using NetworkNamespace old = await NetworkNamespace.CreateAsync(hasV4: true, hasV6: false);
        await using NetworkNamespace young = await NetworkNamespace.CreateAsync(hasV4: false, hasV6: true);
        await using NetworkNamespace both = await NetworkNamespace.CreateAsync(hasV4: true, hasV6: true);
        var station = new Station();
        try
        {
            await station.StartAsync(
                new NodeSettings
                {
                    Listen = [$"http://{old.HostV4}:0", $"http://[{young.HostV6}]:0", "http://*:0"],
                    Options =
                    [
                        "--Tls:AllowPlain",
                        "true",
                        "--Primaries:0:Clients:Allow",
                        $"198.18.0.0/15;{young.HostV6!.Split("::")[0]}::/64;{both.HostV6!.Split("::")[0]}::/64",
                    ],
                }
            );
            PrimaryRepository repository = await station.Primary.CreateAsync("public/families.git", new History(Seed: 172));
            string tip = await repository.ResolveAsync("refs/heads/main");
            int all = station.Node.Urls[2].Port;
            (NetworkNamespace Network, string Url)[] ways =
            [
                (old, $"{station.Node.Urls[0]}"),
                (old, $"http://{old.HostV4}:{all}/"),
                (young, $"{station.Node.Urls[1]}"),
                (young, $"http://[{young.HostV6}]:{all}/"),
                (both, $"http://{both.HostV4}:{all}/"),
                (both, $"http://[{both.HostV6}]:{all}/"),
            ];
            var git = new GitClient(station.Folder);
            foreach (((NetworkNamespace network, string url), int number) in ways.Select(static (way, i) => (way, i)))
            {
                CommandResult cloned = await network
                    .In(git.Git("clone", "--quiet", "--bare", url + repository.Name, $"way{number}"))
                    .RunAsync();

                Assert.True(cloned.ExitCode == 0, $"{url}: {cloned.Error}");
                Assert.Equal(tip, await git.In($"way{number}").ReadAsync("rev-parse", "main"));
            }

            // Loopback is not in the list.
            CommandResult refused = await git.TryAsync("ls-remote", $"http://127.0.0.1:{all}/{repository.Name}");
            Assert.Contains("does not allow requests from 127.0.0.1", refused.Error, StringComparison.Ordinal);
        }
        finally
        {
            await station.DisposeAsync();
        }
    }
}
