using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Outages;

/// <summary>
/// The primary announces too small a length for a round of negotiation. In versions 0 and 1 git waits for the rest for ever, for HTTP tells
/// it that all has come; the packets tell the node that it has not.
/// </summary>
public sealed class CutRoundTests : IAsyncLifetime
{
    /// <summary>More than git says in its first round, so that this brings no pack.</summary>
    private const int UnknownCommits = 40;

    private readonly FaultyStation _station = new();

    // Without a mirror every round goes to the primary.
    public Task InitializeAsync() => _station.StartAsync("--Mirrors:MaxSize", "0");

    public Task DisposeAsync() => _station.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Fetch_FailsInTime_WhenARoundIsCutShort(int version)
    {
        PrimaryRepository repository = await _station.Primary.CreateAsync($"private/{Guid.NewGuid():n}.git", new History(Seed: 85));
        GitClient client = new GitClient(_station.Folder).Speaking(version) with { Timeout = TimeSpan.FromSeconds(60) };
        string name = $"reader{version}";
        await client.RunAsync("clone", "--quiet", _station.Node.UrlOf(repository, "alice").AbsoluteUri, name);
        for (int i = 0; i < UnknownCommits; i++)
        {
            await client.In(name).RunAsync("commit", "--quiet", "--allow-empty", "--message", $"Unknown {i}");
        }

        string made = await repository.CommitAsync();
        _station.Relay.Set(
            new Fault(FaultKind.LengthTooSmall) with
            {
                Concerns = static request => request.Line.StartsWith("POST ", StringComparison.Ordinal) && !request.IsLsRefs,
            }
        );
        CommandResult cut = await client.In(name).TryAsync("fetch", "--quiet");
        Assert.NotEqual(0, cut.ExitCode);

        _station.Relay.Set(Fault.None);
        await client.In(name).RunAsync("fetch", "--quiet");
        Assert.Equal(made, await client.In(name).ReadAsync("rev-parse", "origin/main"));
    }
}
