using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Outages;

/// <summary>A primary that turns one client away by 503, as nginx's limit_req does: that is no outage, and opens no record to
/// anybody.</summary>
public sealed class ThrottledClientTests(FaultyStation station) : IClassFixture<FaultyStation>, IAsyncLifetime
{
    private const string Stale = "waystation; hit; detail=stale";

    private static readonly History s_plans = new(Seed: 131);

    private readonly TempFolder _folder = new();

    public Task InitializeAsync() => station.HealAsync();

    public async Task DisposeAsync()
    {
        await station.HealAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task Others_SeeTheTruth_WhileOneIsTurnedAway(int version)
    {
        PrimaryRepository repository = await NewPrivateAsync();
        GitClient client = new GitClient(_folder).Speaking(version);
        await client.RunAsync("clone", "--quiet", UrlOf(repository, "alice"), "alice");
        await client.RunAsync("clone", "--quiet", UrlOf(repository, "bob"), "bob");
        station.Relay.Set(Fault.Answers(503) with { Concerns = static request => IsOf(request, "alice") });
        string made = await repository.CommitAsync();

        // Twice: the second failure in a row must not speak for the repository either.
        for (int knock = 0; knock < 2; knock++)
        {
            Assert.Equal(128, (await client.TryAsync("ls-remote", UrlOf(repository, "alice"))).ExitCode);
        }

        using var over = new CancellationTokenSource();
        Task knocking = KnockAsync(client, UrlOf(repository, "alice"), over.Token);
        for (int round = 0; round < 3; round++)
        {
            (CommandResult result, IReadOnlyList<string> status) = await client.TraceAsync(
                "ls-remote",
                UrlOf(repository, "bob"),
                "refs/heads/main"
            );
            Assert.Equal($"{made}\trefs/heads/main\n", result.Output);
            Assert.DoesNotContain(Stale, status);
        }

        using (station.Primary.Revoke("bob"))
        {
            CommandResult refused = await client.TryAsync("clone", UrlOf(repository, "bob"), "refused");
            Assert.Equal(128, refused.ExitCode);
            Assert.Matches("Authentication failed|401", refused.Error);
        }

        await over.CancelAsync();
        await knocking;
        Assert.False(await station.IsOutAsync());
    }

    [Fact]
    public async Task WhoIsTurnedAway_HearsIt_AndNothingRecorded()
    {
        PrimaryRepository repository = await NewPrivateAsync();
        GitClient client = new(_folder);
        await client.RunAsync("ls-remote", "--quiet", UrlOf(repository, "alice"));
        station.Relay.Set(Fault.Answers(503) with { Concerns = static request => IsOf(request, "alice") });
        for (int round = 0; round < 3; round++)
        {
            CommandResult refused = await client.TryAsync("ls-remote", UrlOf(repository, "alice"));
            Assert.Equal((128, ""), (refused.ExitCode, refused.Output));
            Assert.Contains("503", refused.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task WhoeverCanBeAskedAbout_IsAsked_WhileThePrimaryFailsOthers()
    {
        PrimaryRepository repository = await NewPrivateAsync();
        GitClient client = new(_folder);
        await client.RunAsync("ls-remote", "--quiet", UrlOf(repository, "alice"), "refs/heads/main");
        await client.RunAsync("ls-remote", "--quiet", UrlOf(repository, "bob"), "refs/heads/main");
        station.Relay.Set(Fault.Answers(503) with { Concerns = static request => !IsOf(request, "bob") });
        (_, IReadOnlyList<string> status) = await client.TraceAsync("ls-remote", UrlOf(repository, "alice"), "refs/heads/main");
        Assert.Contains(Stale, status);

        using (station.Primary.Revoke("bob"))
        {
            CommandResult refused = await client.TryAsync("ls-remote", UrlOf(repository, "bob"), "refs/heads/main");
            Assert.Equal((128, ""), (refused.ExitCode, refused.Output));
            station.Relay.Set(Fault.Refuse);
            Assert.Equal(128, (await client.TryAsync("ls-remote", UrlOf(repository, "bob"), "refs/heads/main")).ExitCode);
        }
    }

    [Fact]
    public async Task ChallengeToAPush_LeavesAnonymousReadersTheirRecord()
    {
        PrimaryRepository repository = await station.Primary.CreateAsync($"public/{Guid.NewGuid():n}.git", s_plans);
        GitClient client = new(_folder);
        string url = station.Node.UrlOf(repository).AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "reader");
        await client.In("reader").RunAsync("commit", "--quiet", "--allow-empty", "--message", "Mine");
        Assert.Contains("could not read Username", (await client.In("reader").TryAsync("push")).Error, StringComparison.Ordinal);

        station.Relay.Set(Fault.Refuse);
        (_, IReadOnlyList<string> status) = await client.In("reader").TraceAsync("fetch", "--quiet");
        Assert.Contains(Stale, status);
        await client.RunAsync("clone", "--quiet", url, "within");
    }

    private static bool IsOf(RelayedRequest request, string user) =>
        request.Authorization
        == "Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{user}:{user}{ApachePrimary.PasswordSuffix}"));

    private static async Task KnockAsync(GitClient client, string url, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            await client.TryAsync("ls-remote", url);
        }
    }

    private string UrlOf(PrimaryRepository repository, string user) => station.Node.UrlOf(repository, user).AbsoluteUri;

    private Task<PrimaryRepository> NewPrivateAsync() => station.Primary.CreateAsync($"private/{Guid.NewGuid():n}.git", s_plans);
}
