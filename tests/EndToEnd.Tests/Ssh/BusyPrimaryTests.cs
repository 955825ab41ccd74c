using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>A primary that says 429 is told as such over SSH too, with the time that is left.</summary>
public sealed class BusyPrimaryTests(KeyAuthorityStation station) : IClassFixture<KeyAuthorityStation>
{
    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task RetryAfter_IsToldInWords_AndIsNoOutage(int version)
    {
        SshStation inner = station.Inner;
        PrimaryRepository repository = await inner.Web.CreateAsync($"private/busy-{version}.git", new History(133));
        using SshPerson alice = inner.PersonWithoutAgent(inner.Alice);
        await using FaultyRelay relay = FaultyRelay.Start(inner.Web.Url);
        await using WaystationNode node = await WaystationNode.StartAsync(
            relay.Url,
            new NodeSettings { Options = ["--ssh-listen", "127.0.0.1:0", "--Ssh:KeyAuthority:File", station.File] }
        );
        string knownHosts = alice.Folder["known_hosts"];
        await File.WriteAllTextAsync(
            knownHosts,
            $"[127.0.0.1]:{node.Ssh.Split(':')[1]} "
                + $"{await File.ReadAllTextAsync(Path.Combine(node.DataFolder, "ssh", "host_ed25519_key.pub"))}"
        );
        GitClient git = alice.GitAs(alice.User with { KnownHosts = knownHosts }).Speaking(version);
        string address = SshStation.AddressOf(node.Ssh, repository);
        relay.Set(Fault.Answers(429, "3600"));

        CommandResult first = await git.TryAsync("ls-remote", address),
            held = await git.TryAsync("ls-remote", address);

        Assert.Contains("429; try again in 3600 s", first.Error, StringComparison.Ordinal);
        Assert.Matches("waystation: the primary cannot be asked now: it answers 429; try again in 3[56][0-9]{2} s", held.Error);
        Assert.DoesNotContain("cannot be reached", held.Error, StringComparison.Ordinal);
    }
}
