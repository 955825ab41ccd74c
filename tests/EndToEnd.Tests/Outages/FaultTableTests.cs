using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Outages;

/// <summary>The effect of a fault on a client.</summary>
public enum Sees
{
    /// <summary>The refs last shown, said to be so.</summary>
    Record,

    /// <summary>A failure in words, within the time.</summary>
    Failure,

    /// <summary>The primary's present state.</summary>
    Truth,
}

/// <summary>A table: each fault, and its effect on each kind of client; afterwards every client sees the truth again.</summary>
public sealed class FaultTableTests : IAsyncLifetime
{
    /// <summary>Longer than it takes the node to find that nothing is said any more, on a busy machine.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(40);

    private static readonly History s_plans = new(Seed: 83);

    private static readonly Dictionary<string, Fault> s_faults = new()
    {
        ["refused"] = Fault.Refuse,
        ["silent"] = Fault.Silent,
        ["reset"] = Fault.Reset,
        ["500"] = Fault.Answers(500),
        ["502"] = Fault.Answers(502),
        ["503"] = Fault.Answers(503, "7"),
        ["429"] = Fault.Answers(429, "2"),
        ["short of its length"] = new Fault(FaultKind.ShortOfLength),
        ["chunks without end"] = new Fault(FaultKind.ChunksWithoutEnd),
        ["length too large"] = new Fault(FaultKind.LengthTooLarge),
        ["length too small"] = new Fault(FaultKind.LengthTooSmall),
        ["slow"] = Fault.Slow(TimeSpan.FromMilliseconds(300)),
    };

    private readonly FaultyStation _station = new();

    public Task InitializeAsync() => _station.InitializeAsync();

    public Task DisposeAsync() => _station.DisposeAsync();

    [Theory]
    [InlineData("refused", 2, Sees.Failure, Sees.Record, Sees.Failure)]
    [InlineData("refused", 0, Sees.Failure, Sees.Record, Sees.Failure)]
    [InlineData("silent", 2, Sees.Failure, Sees.Record, Sees.Failure)]
    [InlineData("silent", 0, Sees.Failure, Sees.Record, Sees.Failure)]
    [InlineData("reset", 2, Sees.Failure, Sees.Record, Sees.Failure)]
    [InlineData("reset", 0, Sees.Failure, Sees.Record, Sees.Failure)]
    [InlineData("500", 2, Sees.Failure, Sees.Record, Sees.Failure)]
    [InlineData("500", 0, Sees.Failure, Sees.Record, Sees.Failure)]
    [InlineData("502", 2, Sees.Failure, Sees.Record, Sees.Failure)]
    [InlineData("503", 0, Sees.Failure, Sees.Record, Sees.Failure)]
    [InlineData("429", 2, Sees.Failure, Sees.Failure, Sees.Failure)]
    [InlineData("429", 0, Sees.Failure, Sees.Failure, Sees.Failure)]
    [InlineData("short of its length", 2, Sees.Failure, Sees.Record, Sees.Failure)]
    [InlineData("short of its length", 0, Sees.Failure, Sees.Record, Sees.Failure)]
    [InlineData("chunks without end", 2, Sees.Failure, Sees.Record, Sees.Failure)]
    [InlineData("chunks without end", 0, Sees.Failure, Sees.Record, Sees.Failure)]
    [InlineData("length too large", 2, Sees.Failure, Sees.Record, Sees.Failure)]
    [InlineData("length too large", 0, Sees.Failure, Sees.Record, Sees.Failure)]
    [InlineData("length too small", 2, Sees.Failure, Sees.Failure, Sees.Failure)]
    [InlineData("length too small", 0, Sees.Failure, Sees.Failure, Sees.Failure)]
    [InlineData("slow", 2, Sees.Truth, Sees.Truth, Sees.Truth)]
    [InlineData("slow", 0, Sees.Truth, Sees.Truth, Sees.Truth)]
    public async Task Client_Sees(string fault, int version, Sees cold, Sees warm, Sees push)
    {
        PrimaryRepository known = await NewPrivateAsync(),
            unknown = await NewPrivateAsync();
        GitClient client = new GitClient(_station.Folder).Speaking(version) with { Timeout = s_patience };
        string url = _station.Node.UrlOf(known, "alice").AbsoluteUri;
        await client.RunAsync("clone", "--quiet", url, "before");
        await client.RunAsync("clone", "--quiet", url, "writer");
        await client.In("writer").RunAsync("commit", "--quiet", "--allow-empty", "--message", "Not pushed yet");
        string recorded = await client.ReadAsync("ls-remote", url);
        string made = await known.CommitAsync(branch: "topic/1");
        string truth = await client.ReadAsync("ls-remote", _station.Primary.UrlOf(known, "alice").AbsoluteUri);

        _station.Relay.Set(s_faults[fault]);
        Assert.Equal(
            warm,
            await SeenAsync(
                await client.TryAsync("ls-remote", url),
                result => Task.FromResult(result.Output.TrimEnd('\n')),
                recorded,
                truth
            )
        );
        Assert.Equal(
            warm,
            await SeenAsync(await client.TryAsync("clone", "--quiet", url, "warm"), _ => TopicOfAsync(client.In("warm")), recorded, made)
        );
        Assert.Equal(
            warm,
            await SeenAsync(
                await client.In("before").TryAsync("fetch", "--quiet", "--prune"),
                _ => TopicOfAsync(client.In("before")),
                recorded,
                made
            )
        );
        Assert.Equal(
            cold,
            await SeenAsync(
                await client.TryAsync("clone", "--quiet", _station.Node.UrlOf(unknown, "alice").AbsoluteUri, "cold"),
                _ => client.In("cold").ReadAsync("rev-parse", "HEAD"),
                "none",
                await unknown.ResolveAsync("HEAD")
            )
        );
        CommandResult pushed = await client.In("writer").TryAsync("push", "--quiet");
        Assert.Equal(push == Sees.Truth, pushed.ExitCode == 0);
        AssertClean(pushed);

        await _station.HealAsync();
        await AssertWellAsync(client, known, url, made);
    }

    private static async Task<string> TopicOfAsync(GitClient clone) => await clone.ReadAsync("rev-parse", "origin/topic/1");

    private static async Task<Sees> SeenAsync(CommandResult result, Func<CommandResult, Task<string>> read, string recorded, string truth)
    {
        if (result.ExitCode != 0)
        {
            AssertClean(result);
            return Sees.Failure;
        }

        string seen = await read(result);
        if (seen == truth)
        {
            return Sees.Truth;
        }

        Assert.Contains(seen, recorded, StringComparison.Ordinal);
        return Sees.Record;
    }

    /// <summary>A failure is told in words, and no signal or time ended the program.</summary>
    private static void AssertClean(CommandResult result)
    {
        if (result.ExitCode != 0)
        {
            Assert.True(
                result.ExitCode is 1 or 128 && result.Error.Contains("fatal: ", StringComparison.Ordinal),
                $"exit code {result.ExitCode}: {result.Error}"
            );
        }
    }

    private static async Task AssertWellAsync(GitClient client, PrimaryRepository known, string url, string made)
    {
        // If one credential was told to wait, the wait has to pass.
        await Eventually.TrueAsync(
            "the primary is asked again",
            async () => (await client.TryAsync("ls-remote", url, "refs/heads/topic/1")).Output == $"{made}\trefs/heads/topic/1\n"
        );
        string next = await known.CommitAsync(branch: "topic/1");
        await client.In("before").RunAsync("fetch", "--quiet", "--prune");
        Assert.Equal(next, await TopicOfAsync(client.In("before")));
        await client.In("writer").RunAsync("push", "--quiet");
        await client.RunAsync("clone", "--quiet", url, "after");
        Assert.Equal(next, await TopicOfAsync(client.In("after")));
        await CloneState.OfAsync(client.In("before"));
        await CloneState.OfAsync(client.In("after"));
    }

    private Task<PrimaryRepository> NewPrivateAsync() => _station.Primary.CreateAsync($"private/{Guid.NewGuid():n}.git", s_plans);
}
