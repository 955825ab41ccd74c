using Waystation.Farm.Nodes;
using Waystation.TestKit.Servers;

namespace Waystation.Farm.Tests.Nodes;

public sealed class NodeRegistryTests : IAsyncLifetime
{
    private const string OldSecret = "the-first-secret-of-this-farm-0123456789";
    private const string NewSecret = "the-second-secret-of-this-farm-987654321";

    private readonly TempFolder _folder = new();
    private RedisServer _redis = null!;

    public async Task InitializeAsync() => _redis = await RedisServer.StartAsync();

    public async Task DisposeAsync()
    {
        await _redis.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Nodes_SeeEachOther_UntilOneStopsOrDies()
    {
        await using RegisteredNode a = await StartAsync("a");
        await using RegisteredNode b = await StartAsync("b");
        RegisteredNode c = await StartAsync("c");
        await a.HasMembersAsync("a", "b", "c");
        await c.HasMembersAsync("a", "b", "c");
        Assert.Equal(1.0 / 3, a.Registry.List()[1].Share, 3);
        Assert.Equal(new Uri("https://b.example.com/"), a.Registry.Find("b")!.Url);

        await b.StopAsync();
        await a.SeesAsync("b", "gone");
        await a.HasMembersAsync("a", "c");

        // It does not say goodbye: its entry ends by itself.
        await c.DisposeAsync();
        await a.SeesAsync("c", "gone");
        await a.HasMembersAsync("a");
    }

    [Fact]
    public async Task TheSecondNodeOfAName_WaitsUntilTheFirstIsGone()
    {
        await using RegisteredNode a = await StartAsync("a");
        await a.HasMembersAsync("a");
        await using RegisteredNode second = await RegisteredNode.StartAsync(_redis, "a", _folder["another folder"]);
        await Eventually.TrueAsync("it waits", () => second.Registry.Self.State == NodeState.Pending);
        Assert.Contains(second.Log.Lines, static line => line.StartsWith("Error 5042", StringComparison.Ordinal));
        Assert.False(second.Sharing.Values.IsHere);
        Assert.Equal(NodeState.Active, a.Registry.Self.State);
        await a.StopAsync();
        await Eventually.TrueAsync("it takes the name", () => second.Registry.Self.State == NodeState.Active);
        await Eventually.TrueAsync("it takes part", () => second.Sharing.Values.IsHere);
    }

    /// <summary>A node that was killed leaves an entry; with the same data folder it is the same node.</summary>
    [Fact]
    public async Task ANodeThatStartsAgain_HasItsNameAtOnce()
    {
        RegisteredNode a = await StartAsync("a");
        await Eventually.TrueAsync("it takes part", () => a.Sharing.Standing.IsMember);
        await a.DisposeAsync();
        await using RegisteredNode again = await StartAsync("a");
        await Eventually.TrueAsync("it takes part", () => again.Sharing.Standing.IsMember, TimeSpan.FromSeconds(5));
        Assert.DoesNotContain(again.Log.Lines, static line => line.Contains("5042", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Approval_IsNeeded_LastsThroughAnEmptiedRedisAndARestart_AndEndsWithRemove()
    {
        await using RegisteredNode a = await StartAsync("a", needsApproval: true);
        RegisteredNode b = await StartAsync("b", needsApproval: true);
        Assert.Equal((NodeState.Pending, NodeState.Pending), (a.Registry.Self.State, b.Registry.Self.State));
        await a.SeesAsync("b", "pending");
        Assert.False(a.Sharing.Announcements.IsHearing);
        await DecideAsync(a, "a", isApproved: true);
        await Eventually.TrueAsync("a takes part", () => a.Registry.Self.State == NodeState.Active);
        Assert.Equal(["a"], a.MemberNames());
        Assert.Equal(["b"], b.MemberNames());
        await DecideAsync(a, "b", isApproved: true);
        await a.HasMembersAsync("a", "b");
        await b.HasMembersAsync("a", "b");

        await _redis.StartAgainAsync(isEmpty: true);
        await Eventually.TrueAsync(
            "the decisions are back",
            async () => await _redis.RunAsync("HLEN", "waystation:1:{farm}:verdicts") == "2"
        );
        await a.HasMembersAsync("a", "b");

        // The list comes from the data folder of the one that is left.
        await b.DisposeAsync();
        await a.SeesAsync("b", "gone");
        await _redis.StartAgainAsync(isEmpty: true);
        await using RegisteredNode again = await RegisteredNode.StartAsync(_redis, "b", _folder["made anew"], needsApproval: true);
        await Eventually.TrueAsync("b takes part", () => again.Registry.Self.State == NodeState.Active);
        await a.HasMembersAsync("a", "b");
        await again.HasMembersAsync("a", "b");

        await DecideAsync(a, "b", isApproved: false);
        // The members alone do not say it: a node that has not heard the other one for a while counts alone as well.
        await Eventually.TrueAsync("b is removed", () => again.Registry.Self.State == NodeState.Removed);
        await again.HasMembersAsync("b");
        await a.HasMembersAsync("a");
        await Eventually.TrueAsync("a has forgotten b", () => a.Registry.Find("b") is null);
        // It says so a moment after it is so.
        await Eventually.TrueAsync(
            "the log of b says it",
            () => again.Log.Lines.Any(static line => line.StartsWith("Warning 5044", StringComparison.Ordinal))
        );
        Assert.False(again.Sharing.Values.IsHere);
    }

    /// <summary>Somebody who writes to Redis puts an old decision in the place of the new one.</summary>
    [Fact]
    public async Task ADecisionThatWasReplaced_DoesNotComeBack()
    {
        const string key = "waystation:1:{farm}:verdicts";
        await using RegisteredNode a = await StartAsync("a");
        await using RegisteredNode b = await StartAsync("b");
        await a.HasMembersAsync("a", "b");
        await DecideAsync(a, "b", isApproved: true);
        await _redis.RunAsync("COPY", key, "approved");
        await DecideAsync(a, "b", isApproved: false);
        await a.HasMembersAsync("a");
        await _redis.RunAsync("COPY", "approved", key, "REPLACE");
        await Eventually.TrueAsync(
            "the new one is back",
            async () => await _redis.RunAsync("HGETALL", key) != await _redis.RunAsync("HGETALL", "approved")
        );
        Assert.Equal(["a"], a.MemberNames());
        await _redis.RunAsync("HSET", key, "forged", "not sealed");
        await DecideAsync(a, "b", isApproved: true);
        await a.HasMembersAsync("a", "b");
    }

    [Fact]
    public async Task ANodeThatDrains_IsAMemberThatOwnsNothing()
    {
        await using RegisteredNode a = await StartAsync("a");
        await using RegisteredNode b = await StartAsync("b");
        await a.HasMembersAsync("a", "b");
        a.Registry.AskToDrain("b", toDrain: true);
        await a.SeesAsync("b", "draining");
        Assert.True(b.Registry.IsDraining);
        Assert.Equal(["a", "b"], a.MemberNames());
        Assert.Equal([1.0, 0.0], a.Registry.List().Select(static node => node.Share));
        a.Registry.AskToDrain("b", toDrain: false);
        await a.SeesAsync("b", "active");
    }

    [Fact]
    public async Task WithoutRedis_ANodeIsAlone_AndComesBack()
    {
        await using RegisteredNode a = await StartAsync("a");
        await using RegisteredNode b = await StartAsync("b");
        await a.HasMembersAsync("a", "b");
        _redis.Freeze();
        await a.HasMembersAsync("a");
        await b.HasMembersAsync("b");
        Assert.Equal(NodeState.Active, a.Registry.Self.State);
        Assert.False(await a.Registry.DecideAsync("b", isApproved: false, CancellationToken.None));
        _redis.Thaw();
        await a.HasMembersAsync("a", "b");
        await b.HasMembersAsync("a", "b");
    }

    /// <summary>So repositories keep their keepers, and no pack is made again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ARedisThatIsAwayForAMoment_LetsNodesForgetNoOther(bool isEmpty)
    {
        TimeSpan lifetime = TimeSpan.FromMinutes(5);
        await using RegisteredNode a = await RegisteredNode.StartAsync(_redis, "a", _folder.CreateFolder("a"), lifetime: lifetime);
        await using RegisteredNode b = await RegisteredNode.StartAsync(_redis, "b", _folder.CreateFolder("b"), lifetime: lifetime);
        await a.HasMembersAsync("a", "b");
        await b.HasMembersAsync("a", "b");
        using var over = new CancellationTokenSource();
        var seen = new HashSet<string>();
        Task watching = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
            {
                seen.Add($"a: {string.Join(' ', a.MemberNames())}");
                seen.Add($"b: {string.Join(' ', b.MemberNames())}");
                await Task.Delay(1);
            }
        });
        _redis.Kill();
        await Eventually.TrueAsync("both know it", () => a.Sharing.Redis.IsAway && b.Sharing.Redis.IsAway);
        await _redis.StartAgainAsync(isEmpty);
        long[] before = [a.Registry.Rounds, b.Registry.Rounds];
        await Eventually.TrueAsync("both are back", () => a.Registry.Rounds > before[0] + 2 && b.Registry.Rounds > before[1] + 2);
        await over.CancelAsync();
        await watching;
        Assert.Equal(["a: a b", "b: a b"], seen.Order());
    }

    [Fact]
    public async Task DuringARotationOfTheSecret_NodesSeeEachOther_AndKeepTheirApproval()
    {
        string[][] steps =
        [
            [OldSecret],
            [OldSecret, NewSecret],
            [NewSecret, OldSecret],
            [NewSecret],
        ];
        RegisteredNode a = await StartAsync("a", needsApproval: true, steps[0]);
        RegisteredNode b = await StartAsync("b", needsApproval: true, steps[0]);
        await a.SeesAsync("b", "pending");
        await DecideAsync(a, "a", isApproved: true);
        await DecideAsync(a, "b", isApproved: true);
        await b.HasMembersAsync("a", "b");
        foreach (string[] secrets in steps.Skip(1))
        {
            await a.DisposeAsync();
            a = await StartAsync("a", needsApproval: true, secrets);
            await a.HasMembersAsync("a", "b");
            await b.HasMembersAsync("a", "b");
            await b.DisposeAsync();
            b = await StartAsync("b", needsApproval: true, secrets);
            await b.HasMembersAsync("a", "b");
        }

        await a.DisposeAsync();
        await b.DisposeAsync();
    }

    private Task<RegisteredNode> StartAsync(string name, bool needsApproval = false, string[]? secrets = null) =>
        RegisteredNode.StartAsync(_redis, name, _folder[name], needsApproval, secrets);

    /// <summary>On a busy machine Redis may seem away for a moment.</summary>
    private static Task DecideAsync(RegisteredNode node, string name, bool isApproved) =>
        Eventually.TrueAsync("it is decided", () => node.Registry.DecideAsync(name, isApproved, CancellationToken.None));
}
