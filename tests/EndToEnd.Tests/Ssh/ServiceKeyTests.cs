using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>The node's own credential at the primary may be an SSH key.</summary>
public sealed class ServiceKeyTests : IAsyncLifetime
{
    private readonly SshStation _station = new();
    private readonly TempFolder _folder = new();

    public async Task InitializeAsync()
    {
        string key = _folder["service"];
        SshKey service = await SshKey.CreateAsync(key);
        await _station.StartAsync(["--Primaries:0:Service:SshKeyFile", key, "--Vet:Every", "00:00:02"]);
        _station.Sshd.Admit("alice", service);
    }

    public async Task DisposeAsync()
    {
        await _station.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Mirror_IsMadeAheadAndKeptUp_OverSsh()
    {
        PrimaryRepository repository = await _station.Web.CreateAsync(
            $"private/{Guid.NewGuid():n}.git",
            new History(Seed: 43) { Commits = 20 }
        );
        CommandResult warm = await new Command(Checkout.Program, "warm", repository.Name, "--admin", _station.Node.Admin.AbsoluteUri)
        {
            Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot },
        }.RunAsync();
        Assert.Equal((0, ""), (warm.ExitCode, warm.Error));
        await Eventually.TrueAsync("there is a mirror", async () => (await _station.Node.MetricsAsync()).Sum("waystation_mirrors") == 1);
        string tip = await repository.CommitAsync();
        await Eventually.TrueAsync(
            "the vet brought the commit",
            async () => (await _station.Node.MetricsAsync()).Sum("waystation_vet_total", "result=\"mended\"") >= 1
        );
        int packs = repository.PacksMade;
        GitClient client = new(_folder);
        await client.RunAsync("clone", "--quiet", _station.Node.UrlOf(repository, "bob").AbsoluteUri, "one");
        Assert.Equal(tip, await client.In("one").ReadAsync("rev-parse", "HEAD"));
        Assert.Equal(packs, repository.PacksMade);
        Assert.Contains(_station.Sshd.Commands, command => command.StartsWith("alice git-upload-pack", StringComparison.Ordinal));
    }
}
