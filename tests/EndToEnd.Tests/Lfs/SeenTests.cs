using Waystation.TestKit.Servers;
using Waystation.TestKit.Servers.Lfs;

namespace Waystation.EndToEnd.Tests.Lfs;

/// <summary>An operator sees what is served and kept, and can have it removed.</summary>
public sealed class SeenTests : IAsyncLifetime
{
    private readonly LfsStation _station = new();

    public Task InitializeAsync() => _station.StartAsync();

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task Purge_RemovesTheObjectsThatOnlyThisRepositoryHas()
    {
        LfsContent shared = LfsContent.FromSeed(151, 2 << 20),
            own = LfsContent.FromSeed(152, 1 << 20);
        PrimaryRepository one = await _station.CreateAsync(shared, own),
            other = await _station.CreateAsync(shared);
        await _station.CloneAsync(one, [shared, own]);
        await _station.CloneAsync(other, [shared]);
        await Eventually.TrueAsync(
            "both objects are counted",
            async () => Line(await RunAsync("repos"), one).Contains("\t3 MiB\t", StringComparison.Ordinal)
        );

        CommandResult purged = await RunAsync("purge", one.Name);

        Assert.Equal((0, ""), (purged.ExitCode, purged.Error));
        Assert.Contains("1 LFS objects of 1 MiB removed", purged.Output, StringComparison.Ordinal);
        Assert.Empty(_station.FilesOf(own.Oid));
        Assert.Single(_station.FilesOf(shared.Oid));
        await _station.CloneAsync(one, [shared, own]);
        Assert.Equal(2 * own.Size, _station.Primary.Requests.BytesOf(own.Oid));
        Assert.Equal(shared.Size, _station.Primary.Requests.BytesOf(shared.Oid));
    }

    [Fact]
    public async Task Downloads_AreCountedByOutcome()
    {
        LfsContent content = LfsContent.FromSeed(153, 300_000);
        PrimaryRepository repository = await _station.CreateAsync(content);
        await LfsWire.AskAsync(await LfsWire.HrefAsync(_station, repository, content));
        double hits = await HitsAsync();
        await LfsWire.HitAsync(await LfsWire.HrefAsync(_station, repository, content));
        await Eventually.TrueAsync("the hit is counted", async () => await HitsAsync() > hits);
        Assert.Contains(repository.Name, (await RunAsync("fetches")).Output, StringComparison.Ordinal);
    }

    private async Task<double> HitsAsync() => (await _station.Node.MetricsAsync()).Sum("waystation_lfs_downloads_total", "outcome=\"hit\"");

    private static string Line(CommandResult repos, PrimaryRepository repository) =>
        repos.OutputLines.FirstOrDefault(line => line.Contains(repository.Name, StringComparison.Ordinal)) ?? "";

    private Task<CommandResult> RunAsync(params string[] arguments) =>
        new Command(Checkout.Program, [.. arguments, "--admin", _station.Node.Admin.AbsoluteUri])
        {
            Environment = new Dictionary<string, string> { ["DOTNET_ROOT"] = Checkout.DotnetRoot },
        }.RunAsync();
}
