using Waystation.EndToEnd.Tests.Ssh;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Doors;

/// <summary>The operator's list of clients holds over SSH as over HTTP.</summary>
public sealed class SshClientListTests
{
    [Fact]
    public async Task DeniedClient_IsTold_AndThePrimaryIsNotAsked()
    {
        var station = new SshStation();
        try
        {
            await station.StartAsync(["--Primaries:0:Clients:Deny", "127.0.0.0/8"]);
            PrimaryRepository repository = await station.Web.CreateAsync("public/denied.git", new History(Seed: 173) { Commits = 1 });
            using SshPerson alice = await station.PersonAsync(station.Alice);
            string line = "waystation: the operator of this node does not allow requests from 127.0.0.1";

            CommandResult overSsh = await alice.Git.TryAsync("ls-remote", station.AddressOf(repository));
            CommandResult overHttp = await alice.Git.TryAsync("ls-remote", station.Node.UrlOf(repository).AbsoluteUri);

            Assert.Contains(line, overSsh.Error, StringComparison.Ordinal);
            Assert.Contains(line, overHttp.Error, StringComparison.Ordinal);
            Assert.Empty(station.Web.Requests);
            Assert.Equal(0, (await station.Node.MetricsAsync()).Sum("waystation_upstream_requests_total", "kind=\"ssh\""));
        }
        finally
        {
            await station.DisposeAsync();
        }
    }
}
