using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>Many at once, and ends in the middle: nothing hangs, and nothing is left.</summary>
public sealed class CrowdTests : IAsyncLifetime
{
    private const int Crowd = 50;

    private readonly SshStation _station = new();

    public Task InitializeAsync() => _station.StartAsync();

    public Task DisposeAsync() => _station.DisposeAsync();

    [Fact]
    public async Task FiftyColdClonesAtOnce_HaveOnePackMade()
    {
        PrimaryRepository repository = await _station.Web.CreateAsync(
            "private/crowd.git",
            new History(91) { IncompressibleBytes = 2 << 20 }
        );
        using SshPerson alice = await _station.PersonAsync(_station.Alice);
        GitClient git = alice.Git with { Timeout = TimeSpan.FromMinutes(5) };

        await Task.WhenAll(
            Enumerable
                .Range(0, Crowd)
                .Select(number => git.RunAsync("clone", "--quiet", "--bare", _station.AddressOf(repository), $"clone{number}"))
        );

        Assert.Equal(1, repository.PacksMade);
        string refs = await git.In("clone0").ReadAsync("for-each-ref");
        foreach (int number in Enumerable.Range(0, Crowd))
        {
            Assert.Equal(refs, await git.In($"clone{number}").ReadAsync("for-each-ref"));
        }

        await Eventually.TrueAsync(
            "every session is over",
            async () => (await _station.Node.MetricsAsync()).Sum("waystation_open_requests") == 0
        );
    }
}
