using System.Text.RegularExpressions;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Ssh;

/// <summary>What holds over HTTP holds over SSH, with an agent and with a key authority.</summary>
public sealed class OneCoreTests
{
    private static readonly History s_plans = new(Seed: 141) { Commits = 20 };

    public static TheoryData<string, int> WaysAndVersions =>
        new()
        {
            { SshWay.Agent, 2 },
            { SshWay.Agent, 0 },
            { SshWay.Authority, 2 },
            { SshWay.Authority, 0 },
        };

    public static TheoryData<string> Ways => [SshWay.Agent, SshWay.Authority];

    [Theory]
    [MemberData(nameof(WaysAndVersions))]
    public async Task Outage_IsAnsweredFromTheRecord_OfThoseWhoWereAccepted(string way, int version)
    {
        await using SshWay node = await SshWay.StartAsync(way);
        PrimaryRepository repository = await node.Station.Web.CreateAsync("private/outage.git", s_plans);
        GitClient alice = await node.GitOfAsync(node.Station.Alice, version),
            bob = await node.GitOfAsync(node.Station.Bob, version);
        string address = node.AddressOf(repository);
        await alice.RunAsync("clone", "--quiet", address, "before");
        string shown = await alice.ReadAsync("ls-remote", address);
        await repository.CommitAsync();
        node.EndPrimary();

        CommandResult clone = await alice.RunAsync("clone", "--progress", address, "within");
        Assert.Contains("cannot be reached; refs as of ", clone.Error, StringComparison.Ordinal);
        Assert.Equal(await CloneState.OfAsync(alice.In("before")), await CloneState.OfAsync(alice.In("within")));
        Assert.Equal(shown, await alice.ReadAsync("ls-remote", address));
        CommandResult stranger = await bob.TryAsync("clone", address, "bob");
        Assert.NotEqual(0, stranger.ExitCode);
        Assert.Contains("cannot be", stranger.Error, StringComparison.Ordinal);

        await node.StartPrimaryAgainAsync();
        await alice.In("before").RunAsync("fetch", "--quiet");
        Assert.Equal(await repository.ResolveAsync("main"), await alice.In("before").ReadAsync("rev-parse", "origin/main"));
    }

    [Theory]
    [InlineData(SshWay.Agent, 2)]
    [InlineData(SshWay.Authority, 2)]
    [InlineData(SshWay.Authority, 0)]
    public async Task Look_ThatShowsMovedRefs_BringsTheMirrorToThem(string way, int version)
    {
        await using SshWay node = await SshWay.StartAsync(way);
        PrimaryRepository repository = await node.Station.Web.CreateAsync("private/moved.git", s_plans);
        GitClient alice = await node.GitOfAsync(node.Station.Alice, version);
        string address = node.AddressOf(repository);
        await alice.RunAsync("clone", "--quiet", address, "clone");
        await Eventually.TrueAsync("there is a mirror", () => Regex.IsMatch(node.Node.Log, $@"/{repository.Name}: .*mirror"));
        await repository.CommitAsync();

        await alice.RunAsync("ls-remote", "--quiet", address);

        await Eventually.TrueAsync(
            "the mirror has it",
            () => node.Node.Log.Contains($"/{repository.Name}: synced ", StringComparison.Ordinal)
        );
        Assert.Equal(2, repository.PacksMade);
        await alice.In("clone").RunAsync("fetch", "--quiet");
        Assert.Equal(await repository.ResolveAsync("main"), await alice.In("clone").ReadAsync("rev-parse", "origin/main"));
        Assert.Equal(2, repository.PacksMade);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Reads_BeyondTheBudget_Wait(string way)
    {
        await using SshWay node = await SshWay.StartAsync(way, "--Primaries:0:MaxRequests", "1");
        PrimaryRepository held = await node.Station.Web.CreateAsync("private/held.git", s_plans),
            other = await node.Station.Web.CreateAsync("private/other.git", s_plans);
        GitClient alice = await node.GitOfAsync(node.Station.Alice),
            bob = await node.GitOfAsync(node.Station.Bob);
        Task<CommandResult> waiting;
        Task<CommandResult> first;
        using (PackGate gate = held.HoldPacks(afterBytes: 100))
        {
            first = alice.RunAsync("clone", "--quiet", node.AddressOf(held), "held");
            await gate.ReachedAsync();
            double asked = await AskedAsync(node);
            waiting = bob.RunAsync("ls-remote", node.AddressOf(other));
            await Eventually.TrueAsync(
                "both are at the node",
                async () => (await node.Node.MetricsAsync()).Sum("waystation_open_requests") == 2
            );
            Assert.False(waiting.IsCompleted);
            Assert.Equal(asked, await AskedAsync(node));
        }

        await Task.WhenAll(first, waiting);
        Assert.NotEmpty((await waiting).Output);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Push_IsInTheMirror_AndThePrimaryMakesNoPack(string way)
    {
        await using SshWay node = await SshWay.StartAsync(way);
        PrimaryRepository repository = await node.Station.Web.CreateAsync("private/pushed.git", s_plans);
        GitClient alice = await node.GitOfAsync(node.Station.Alice),
            bob = await node.GitOfAsync(node.Station.Bob);
        string address = node.AddressOf(repository);
        await alice.RunAsync("clone", "--quiet", address, "alice");
        await bob.RunAsync("clone", "--quiet", address, "bob");
        await Eventually.TrueAsync("there is a mirror", () => Regex.IsMatch(node.Node.Log, $@"/{repository.Name}: .*mirror"));
        int made = repository.PacksMade;

        await alice.In("alice").RunAsync("commit", "--quiet", "--allow-empty", "--message", "News");
        await alice.In("alice").RunAsync("tag", "news");
        await alice.In("alice").RunAsync("push", "--quiet", "origin", "main", "news");
        await Eventually.TrueAsync(
            "the push was seen",
            () => Regex.IsMatch(node.Node.Log, $@"/{repository.Name}: a push of 2 refs passed through: taken")
        );

        await bob.In("bob").RunAsync("fetch", "--quiet", "--tags");
        string news = await alice.In("alice").ReadAsync("rev-parse", "news");
        Assert.Equal(news, await bob.In("bob").ReadAsync("rev-parse", "origin/main"));
        Assert.Equal(news, await bob.In("bob").ReadAsync("rev-parse", "news"));
        Assert.Equal(made, repository.PacksMade);
        Assert.Equal(news, await repository.ResolveAsync("main"));
    }

    /// <summary>Over HTTP a relay holds the first question. Over SSH nothing can hold one, but each of them is answered.</summary>
    [Theory]
    [MemberData(nameof(Ways))]
    public async Task EqualQuestions_AtOnce_ShareTheNextOne(string way)
    {
        const int Askers = 8;
        await using SshWay node = await SshWay.StartAsync(way);
        PrimaryRepository repository = await node.Station.Web.CreateAsync("private/looked-at.git", s_plans);
        GitClient alice = await node.GitOfAsync(node.Station.Alice);
        string shown = await alice.ReadAsync("ls-remote", node.AddressOf(repository));
        var release = new TaskCompletionSource();
        int asked = node.HoldRefs(release.Task);

        Task<CommandResult[]> asking = Task.WhenAll(
            Enumerable.Range(0, Askers).Select(_ => alice.RunAsync("ls-remote", "--quiet", node.AddressOf(repository)))
        );
        if (!node.IsAgent)
        {
            await Eventually.TrueAsync(
                "all are at the node",
                async () => (await node.Node.MetricsAsync()).Sum("waystation_open_requests") == Askers
            );
        }

        release.SetResult();
        Assert.All(await asking, answer => Assert.Equal(shown, answer.Output.Trim()));
        if (!node.IsAgent)
        {
            Assert.InRange(node.RefsAsked - asked, 2, Askers / 2);
        }
    }

    private static async Task<double> AskedAsync(SshWay node) => (await node.Node.MetricsAsync()).Sum("waystation_upstream_requests_total");
}
