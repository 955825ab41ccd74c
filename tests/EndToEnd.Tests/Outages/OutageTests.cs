using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Outages;

/// <summary>The service during an outage, for each kind of client, and its end after the outage.</summary>
public sealed class OutageTests(FaultyStation station) : IClassFixture<FaultyStation>, IAsyncLifetime
{
    private const string Stale = "waystation; hit; detail=stale";

    private static readonly History s_plans = new(Seed: 81);

    private readonly TempFolder _folder = new();

    public Task InitializeAsync() => station.HealAsync();

    public async Task DisposeAsync()
    {
        await station.HealAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    [InlineData(0)]
    public async Task Reads_GoOn_LabelledAndOfTheRefsLastShown(int version)
    {
        PrimaryRepository repository = await NewPrivateAsync();
        GitClient client = new GitClient(_folder).Speaking(version);
        string url = station.Node.UrlOf(repository, "alice").AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "before");
        string shown = await client.ReadAsync("ls-remote", url);
        await repository.CommitAsync();
        double stale = await station.StaleAnswersAsync();
        station.Relay.Set(Fault.Refuse);

        (CommandResult clone, IReadOnlyList<string> status) = await client.TraceAsync("clone", "--progress", url, "within");
        Assert.Contains(Stale, status);
        Assert.Contains(
            $"remote: waystation: 127.0.0.1:{station.Relay.Url.Port} cannot be reached; refs as of ",
            clone.Error,
            StringComparison.Ordinal
        );
        Assert.Equal(await CloneState.OfAsync(client.In("before")), await CloneState.OfAsync(client.In("within")));
        Assert.Equal(shown, await client.ReadAsync("ls-remote", url));
        await client.In("before").RunAsync("fetch", "--quiet", "--prune");
        Assert.True(await station.IsOutAsync());
        Assert.True(await station.StaleAnswersAsync() >= stale + 3);
    }

    [Fact]
    public async Task Nobody_GetsIn_WhoWasNotAcceptedBefore()
    {
        PrimaryRepository repository = await NewPrivateAsync();
        GitClient client = new(_folder);
        string alice = station.Node.UrlOf(repository, "alice").AbsoluteUri;
        await client.RunAsync("clone", "--quiet", alice, "alice");
        station.Relay.Set(Fault.Refuse);
        await client.RunAsync("clone", "--quiet", alice, "alice-again");
        foreach (string impostor in (string[])["bob", "mallory"])
        {
            CommandResult refused = await client.TryAsync("clone", station.Node.UrlOf(repository, impostor).AbsoluteUri, impostor);
            Assert.Equal(128, refused.ExitCode);
            Assert.Contains("cannot be reached", refused.Error, StringComparison.Ordinal);
        }

        string wrong = alice.Replace("alice-secret", "guess", StringComparison.Ordinal);
        Assert.Equal(128, (await client.TryAsync("clone", wrong, "wrong")).ExitCode);
        CommandResult anonymous = await client.TryAsync("clone", station.Node.UrlOf(repository).AbsoluteUri, "anonymous");
        Assert.Contains("could not read Username", anonymous.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_GetsIn_WhoWasRefusedBefore()
    {
        PrimaryRepository repository = await NewPrivateAsync();
        GitClient client = new(_folder);
        string alice = station.Node.UrlOf(repository, "alice").AbsoluteUri;
        await client.RunAsync("clone", "--quiet", alice, "before");
        using (station.Primary.Revoke("alice"))
        {
            Assert.Equal(128, (await client.TryAsync("ls-remote", alice, "refs/heads/main")).ExitCode);
        }

        station.Relay.Set(Fault.Refuse);
        Assert.Equal(128, (await client.TryAsync("ls-remote", alice, "refs/heads/main")).ExitCode);
    }

    [Fact]
    public async Task Question_IsNotAnswered_WhenNoRecordedAnswerCoversIt()
    {
        PrimaryRepository repository = await NewPrivateAsync();
        GitClient client = new(_folder);
        string alice = station.Node.UrlOf(repository, "alice").AbsoluteUri;
        await client.RunAsync("clone", "--quiet", "--single-branch", "--no-tags", alice, "one");
        await client.In("one").RunAsync("fetch", "--quiet");
        station.Relay.Set(Fault.Refuse);
        await client.In("one").RunAsync("fetch", "--quiet");
        CommandResult all = await client.TryAsync("ls-remote", alice);
        Assert.Equal(128, all.ExitCode);
        Assert.Equal("", all.Output);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task NextFetch_IsFresh_WhenThePrimaryReturns(int version)
    {
        PrimaryRepository repository = await NewPrivateAsync();
        GitClient client = new GitClient(_folder).Speaking(version);
        string url = station.Node.UrlOf(repository, "alice").AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "reader");
        station.Relay.Set(Fault.Refuse);
        string made = await repository.CommitAsync();
        await client.In("reader").RunAsync("fetch", "--quiet");
        Assert.NotEqual(made, await client.In("reader").ReadAsync("rev-parse", "origin/main"));

        station.Relay.Set(Fault.None);
        (_, IReadOnlyList<string> status) = await client.In("reader").TraceAsync("fetch", "--quiet");
        Assert.DoesNotContain(Stale, status);
        Assert.Equal(made, await client.In("reader").ReadAsync("rev-parse", "origin/main"));
    }

    [Fact]
    public async Task Outage_EndsAtOnce_WhenAPushIsAnswered()
    {
        PrimaryRepository repository = await NewPrivateAsync();
        GitClient client = new(_folder);
        string url = station.Node.UrlOf(repository, "alice").AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "writer");
        station.Relay.Set(Fault.Refuse);
        await client.In("writer").RunAsync("fetch", "--quiet");
        await client.In("writer").RunAsync("commit", "--quiet", "--allow-empty", "--message", "Within");
        CommandResult refused = await client.In("writer").TryAsync("push");
        Assert.Equal(128, refused.ExitCode);
        Assert.Contains("waystation: ", refused.Error, StringComparison.Ordinal);

        station.Relay.Set(Fault.None);
        await client.In("writer").RunAsync("push", "--quiet");
        string pushed = await client.In("writer").ReadAsync("rev-parse", "HEAD");
        (CommandResult result, IReadOnlyList<string> status) = await client.TraceAsync("ls-remote", url, "refs/heads/main");
        Assert.Equal($"{pushed}\trefs/heads/main\n", result.Output);
        Assert.DoesNotContain(Stale, status);
    }

    [Fact]
    public async Task OneRepository_IsOut_WhenThePrimaryFailsOnlyThere()
    {
        PrimaryRepository broken = await NewPrivateAsync(),
            sound = await NewPrivateAsync();
        GitClient client = new(_folder);
        foreach (PrimaryRepository repository in (PrimaryRepository[])[broken, sound])
        {
            await client.RunAsync(
                "clone",
                "--quiet",
                station.Node.UrlOf(repository, "alice").AbsoluteUri,
                Path.GetFileNameWithoutExtension(repository.Name)
            );
        }

        station.Relay.Set(Fault.Answers(503) with { Concerns = request => request.Target.Contains(broken.Name, StringComparison.Ordinal) });
        string made = await sound.CommitAsync();

        (_, IReadOnlyList<string> status) = await client.TraceAsync(
            "clone",
            "--quiet",
            station.Node.UrlOf(broken, "alice").AbsoluteUri,
            "within"
        );
        Assert.Contains(Stale, status);
        Assert.False(await station.IsOutAsync());
        Assert.Equal(
            $"{made}\trefs/heads/main",
            await client.ReadAsync("ls-remote", station.Node.UrlOf(sound, "alice").AbsoluteUri, "refs/heads/main")
        );
        CommandResult other = await client.TryAsync("clone", station.Node.UrlOf(broken, "bob").AbsoluteUri, "bob");
        Assert.Contains("503", other.Error, StringComparison.Ordinal);

        station.Relay.Set(Fault.None);
        string next = await broken.CommitAsync();
        await Eventually.TrueAsync(
            "the repository is asked again",
            async () =>
                (await client.TryAsync("ls-remote", station.Node.UrlOf(broken, "alice").AbsoluteUri, "refs/heads/main")).Output
                == $"{next}\trefs/heads/main\n"
        );
    }

    [Fact]
    public async Task Outage_Ends_ThoughThePrimarysFrontPageNeverWorks()
    {
        PrimaryRepository repository = await NewPrivateAsync();
        GitClient client = new(_folder);
        string url = station.Node.UrlOf(repository, "alice").AbsoluteUri;
        await client.RunAsync("ls-remote", "--quiet", url);
        station.Relay.Set(Fault.Answers(503));
        await client.RunAsync("ls-remote", "--quiet", url);
        Assert.True(await station.IsOutAsync());

        station.Relay.Set(Fault.Answers(503) with { Concerns = static request => request.Target == "/" });
        string made = await repository.CommitAsync();
        await Eventually.TrueAsync(
            "the refs are fresh",
            async () => await client.ReadAsync("ls-remote", url, "refs/heads/main") == $"{made}\trefs/heads/main"
        );
        Assert.False(await station.IsOutAsync());
    }

    private Task<PrimaryRepository> NewPrivateAsync() => station.Primary.CreateAsync($"private/{Guid.NewGuid():n}.git", s_plans);
}
