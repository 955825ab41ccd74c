using System.Globalization;
using Waystation.Farm.Announcements;
using Waystation.Farm.Redis;
using Waystation.Farm.Tests.Redis;
using Waystation.FetchCore.Tests;
using Waystation.TestKit.Servers;

namespace Waystation.Farm.Tests.Tickets;

/// <summary>
/// Tickets of two nodes at a real Redis, also one that somebody else reads and writes who lacks the secret of the farm.
/// </summary>
public sealed class TicketsInRedisTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private readonly List<SharingNode> _sharing = [];
    private readonly List<TicketNode> _nodes = [];
    private RedisServer _redis = null!;
    private TicketNode _one = null!;
    private TicketNode _other = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _one = await JoinAsync("one");
        _other = await JoinAsync("other");
    }

    public async Task DisposeAsync()
    {
        foreach (SharingNode node in _sharing)
        {
            await node.DisposeAsync();
        }

        _nodes.ForEach(static node => node.Dispose());
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Ticket_OfOneNode_CountsAtTheOther_AndARefusalEndsItAtBoth()
    {
        _one.Show("alice");
        await AllowedAsync(_other);
        _other.Refuse("alice");
        await RefusedAsync(_one);
        Assert.False(await _other.AllowsAsync("alice"));
        await RepeatAsync(
            "an acceptance counts again",
            async () =>
            {
                _time.Turn(TimeSpan.FromMilliseconds(10));
                _one.Show("alice");
                return await _one.AllowsAsync("alice") && await _other.AllowsAsync("alice");
            }
        );
    }

    /// <summary>Also that of clients without a login, which are many and have one ticket.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("alice")]
    public async Task TicketOfAnotherNode_IsOneQuestionToRedis_AndNoneForTheRequestsAfterIt(string user)
    {
        const int Requests = 20;
        _one.Show(user);
        await RepeatAsync("the ticket is in Redis", async () => (await _redis.RunAsync("KEYS", "waystation:*:value:*")).Length > 0);
        await _redis.RunAsync("CONFIG", "RESETSTAT");
        int tries = 0;
        for (int request = 0; request < Requests; request++)
        {
            await RepeatAsync(
                "the ticket counts",
                () =>
                {
                    tries++;
                    return _other.AllowsAsync(user);
                }
            );
        }

        // A question that Redis answers too late on a busy machine is asked again.
        Assert.InRange(await ReadsAsync(), 1, 1 + tries - Requests);
    }

    [Fact]
    public async Task EntryThatIsWrittenAgainAfterTheRefusal_IsAMiss_AlsoAtANodeThatStartsLater()
    {
        _one.Show("alice");
        await AllowedAsync(_other);
        await ForValuesAsync("redis.call('COPY', key, 'stolen:' .. key)");
        _other.Refuse("alice");
        await RefusedAsync(_one);
        TicketNode later = await JoinAsync("later");
        await ForValuesAsync("redis.call('COPY', key, string.sub(key, 8), 'REPLACE')", "stolen:waystation:*:value:*");
        foreach (TicketNode node in (TicketNode[])[_one, _other, later])
        {
            Assert.False(await node.AllowsAsync("alice"));
            Assert.False(await node.RecordsAsync("alice"));
        }
    }

    [Fact]
    public async Task EntryOfAnother_GrantsNothing()
    {
        TicketNode later = await JoinAsync("later");
        _one.Show("bob", id: 2);
        await RepeatAsync("bob's ticket is there", () => _other.AllowsAsync("bob", id: 2));
        string bobs = Assert.Single((await _redis.RunAsync("KEYS", "waystation:*:value:*")).Split('\n'));
        _one.Show("alice");
        await AllowedAsync(_other);
        await ForValuesAsync($"if key ~= '{bobs}' then redis.call('COPY', key, '{bobs}', 'REPLACE') end");
        Assert.False(await later.AllowsAsync("bob"));
        Assert.False(await later.AllowsAsync("bob", id: 2));
    }

    [Fact]
    public async Task EntryThatIsProlonged_EndsInTime()
    {
        TicketNode later = await JoinAsync("later");
        _one.Show("alice");
        await AllowedAsync(_other);
        await ForValuesAsync("redis.call('PERSIST', key)");
        _time.Turn(TicketNode.Times.Lifetime);
        Assert.False(await _other.AllowsAsync("alice"));
        Assert.True(await _other.RecordsAsync("alice"));
        _time.Turn(TicketNode.Times.Memory + SealedValue.ClockTolerance);
        Assert.False(await later.RecordsAsync("alice"));
    }

    [Fact]
    public async Task Rubbish_IsAMiss()
    {
        TicketNode later = await JoinAsync("later");
        _one.Show("alice");
        await AllowedAsync(_other);
        await ForValuesAsync("redis.call('SETRANGE', key, redis.call('STRLEN', key) - 3, 'x')");
        Assert.False(await later.AllowsAsync("alice"));
        await ForValuesAsync("redis.call('SET', key, 'rubbish')");
        Assert.False(await later.AllowsAsync("alice"));
        await ForValuesAsync("redis.call('DEL', key) redis.call('LPUSH', key, 'x')");
        Assert.False(await later.AllowsAsync("alice"));
    }

    [Fact]
    public async Task WhileRedisIsAway_NoTicketCounts_AndARefusalOfThatTimeIsHeardWhenItIsBack()
    {
        _one.Show("alice");
        _one.Show("bob");
        await AllowedAsync(_other);
        _redis.Kill();
        await RefusedAsync(_one);
        await RefusedAsync(_other);
        _one.Refuse("alice");
        await _redis.StartAgainAsync(isEmpty: false);
        await RepeatAsync("bob's ticket counts again", () => _other.AllowsAsync("bob"));
        Assert.False(await _one.AllowsAsync("alice"));
        await RefusedAsync(_other);
    }

    /// <summary>How many questions for values Redis has answered since its count began.</summary>
    private async Task<int> ReadsAsync()
    {
        const string Begin = "cmdstat_mget:calls=";
        string[] commands = (await _redis.RunAsync("INFO", "commandstats")).Split('\n');
        return commands.FirstOrDefault(static line => line.StartsWith(Begin, StringComparison.Ordinal)) is { } line
            ? int.Parse(line[Begin.Length..line.IndexOf(',', StringComparison.Ordinal)], CultureInfo.InvariantCulture)
            : 0;
    }

    private Task AllowedAsync(TicketNode node) => RepeatAsync("the ticket counts", () => node.AllowsAsync("alice"));

    private Task RefusedAsync(TicketNode node) => RepeatAsync("the ticket has ended", async () => !await node.AllowsAsync("alice"));

    private static Task RepeatAsync(string what, Func<Task<bool>> condition) => Eventually.TrueAsync(what, condition);

    /// <summary>Runs a script for each key of a value, as somebody who can do everything with Redis.</summary>
    private Task ForValuesAsync(string script, string keys = "waystation:*:value:*") =>
        _redis.RunAsync("EVAL", $"for _, key in ipairs(redis.call('KEYS', '{keys}')) do {script} end", "0");

    private async Task<TicketNode> JoinAsync(string name)
    {
        _sharing.Add(
            await SharingNode.StartAsync(
                _redis,
                name,
                clock: _time,
                prepare: sharing => _nodes.Add(new TicketNode(sharing.Values, sharing.Announcements, name, _time))
            )
        );
        // What a node shared before it heard of this one is not for this one.
        AnnouncementPosition joined = _sharing[^1].Announcements.Position;
        await Eventually.TrueAsync("all know of the node", () => _sharing.TrueForAll(node => node.Announcements.Position >= joined));
        // No answer counts that was asked for before the node began to hear.
        _time.Turn(TimeSpan.FromMilliseconds(10));
        return _nodes[^1];
    }
}
