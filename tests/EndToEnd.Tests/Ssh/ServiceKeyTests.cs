using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>The node's own credential at the primary may be an SSH key.</summary>
public sealed class ServiceKeyTests : IAsyncLifetime
{
    private readonly SshStation station = new();
    private readonly TempFolder folder = new();

    public async Task InitializeAsync()
    {
        string key = folder["service"];
        SshKey service = await SshKey.CreateAsync(key);
        await station.StartAsync(["--Primaries:0:Service:SshKeyFile", key, "--Vet:Every", "00:00:02"]);
        station.Sshd.Admit("alice", service);
    }

    public async Task DisposeAsync()
    {
        await station.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task Mirror_IsMadeAheadAndKeptUp_OverSsh()
    {
        PrimaryRepository repository = await station.Web.CreateAsync($"private/{Guid.NewGuid():n}.git", new History(Seed: 43) { Commits = 20 });
        CommandResult warm = await new Command(Checkout.Program, "warm", repository.Name, "--admin", station.Node.Admin.AbsoluteUri)
        {
            Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot },
        }.RunAsync();
        Assert.Equal((0, ""), (warm.ExitCode, warm.Error));
        await Eventually.TrueAsync("there is a mirror", async () => (await station.Node.MetricsAsync()).Sum("waystation_mirrors") == 1);
        string tip = await repository.CommitAsync();
        await Eventually.TrueAsync("the vet brought the commit", async () => (await station.Node.MetricsAsync()).Sum("waystation_vet_total", "result=\"mended\"") >= 1);
        int packs = repository.PacksMade;
        GitClient client = new(folder);
        await client.RunAsync("clone", "--quiet", station.Node.UrlOf(repository, "bob").AbsoluteUri, "one");
        Assert.Equal(tip, await client.In("one").ReadAsync("rev-parse", "HEAD"));
        Assert.Equal(packs, repository.PacksMade);
        Assert.Contains(station.Sshd.Commands, command => command.StartsWith("alice git-upload-pack", StringComparison.Ordinal));
    }
}
