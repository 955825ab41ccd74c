using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>A user's forwarded agent: the primary sees the user, and nothing has to be set up on the node.</summary>
public sealed class AgentTests(SshStation station) : IClassFixture<SshStation>
{
    [Fact]
    public async Task Clone_WithAForwardedAgent_EqualsTheDirectOne()
    {
        PrimaryRepository repository = await station.Web.CreateAsync("public/first.git", new History(11));
        using SshPerson alice = await station.PersonAsync(station.Alice);

        CommandResult through = await alice.Git.RunAsync("clone", "--progress", station.AddressOf(repository), "through");
        await alice
            .GitAs(alice.User with { KnownHosts = station.Sshd.KnownHostsFile })
            .RunAsync("clone", "--quiet", station.DirectAddressOf(repository), "direct");

        Assert.Equal(await CloneState.OfAsync(alice.Git.In("direct")), await CloneState.OfAsync(alice.Git.In("through")));
        Assert.Contains("waystation: made by the primary", through.Error, StringComparison.Ordinal);
    }
}
