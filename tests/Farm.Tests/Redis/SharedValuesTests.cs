using System.Diagnostics;
using System.Text;
using Waystation.FetchCore.Tests;
using Waystation.TestKit.Servers;

namespace Waystation.Farm.Tests.Redis;

public sealed class SharedValuesTests : IAsyncLifetime
{
    private const string OtherSecret = "the-second-secret-of-this-farm-987654321";
    private static readonly byte[] s_name = "git.example.com/team/secret-plan"u8.ToArray();
    private static readonly byte[] s_value = "a ticket"u8.ToArray();
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(1);

    private RedisServer _redis = null!;

    public async Task InitializeAsync() => _redis = await RedisServer.StartAsync();

    public async Task DisposeAsync() => await _redis.DisposeAsync();

    [Fact]
    public async Task AValue_IsFoundByAnotherNode_UntilItIsRemoved()
    {
        await using SharingNode a = await SharingNode.StartAsync(_redis, "a");
        await using SharingNode b = await SharingNode.StartAsync(_redis, "b");
        await SetAsync(a, s_name, s_value);
        await FoundAsync(b, s_value);
        await SetAsync(a, s_name, "a newer one"u8.ToArray());
        await FoundAsync(b, "a newer one"u8.ToArray());
        Assert.Null(await b.Values.FindAsync("grants", s_name, CancellationToken.None));
        b.Values.Remove("tickets", s_name);
        await GoneAsync(a);
    }

    [Fact]
    public async Task AValue_EndsByTheMillisecond()
    {
        await using SharingNode a = await SharingNode.StartAsync(_redis, "a");
        await Eventually.TrueAsync(
            "the value is written",
            async () =>
            {
                a.Values.Set("tickets", s_name, s_value, TimeSpan.FromMilliseconds(700));
                return await a.Values.FindAsync("tickets", s_name, CancellationToken.None) is not null;
            }
        );
        var waited = Stopwatch.StartNew();
        await GoneAsync(a);
        Assert.InRange(waited.ElapsedMilliseconds, 0, 3_000);
    }

    [Fact]
    public async Task Keys_ShowTheVersionAndNoName()
    {
        await using SharingNode a = await SharingNode.StartAsync(_redis, "a");
        await SetAsync(a, s_name, s_value);
        await FoundAsync(a, s_value);
        string[] keys = (await _redis.RunAsync("KEYS", "*")).Split('\n');
        Assert.All(keys, static key => Assert.StartsWith("waystation:1:", key, StringComparison.Ordinal));
        Assert.DoesNotContain(keys, static key => key.Contains("plan", StringComparison.Ordinal));
        string dump = await _redis.RunAsync("GET", await KeyOfValueAsync());
        Assert.DoesNotContain("ticket", dump, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AValue_ThatSomebodyElseMovedProlongedOrChanged_IsAMiss()
    {
        var time = new ManualTime();
        await using SharingNode a = await SharingNode.StartAsync(_redis, "a", clock: time);
        byte[] otherName = Encoding.UTF8.GetBytes("git.example.com/team/other");
        await SetAsync(a, otherName, s_value);
        string other = await KeyOfValueAsync();
        await SetAsync(a, s_name, "mine"u8.ToArray());
        await FoundAsync(a, "mine"u8.ToArray());
        string own = (await _redis.RunAsync("KEYS", "*value*")).Split('\n').Single(key => key != other);

        await _redis.RunAsync("COPY", own, "kept");
        await _redis.RunAsync("COPY", other, own, "REPLACE");
        Assert.Null(await a.Values.FindAsync("tickets", s_name, default));

        await _redis.RunAsync("COPY", "kept", own, "REPLACE");
        await FoundAsync(a, "mine"u8.ToArray());
        await _redis.RunAsync("SETRANGE", own, "3", "x");
        Assert.Null(await a.Values.FindAsync("tickets", s_name, default));

        // Redis holds it longer than it was meant to: the end within counts, but for the difference of the clocks.
        await _redis.RunAsync("COPY", "kept", own, "REPLACE");
        await _redis.RunAsync("PERSIST", own);
        time.Turn(s_long + TimeSpan.FromSeconds(4));
        await FoundAsync(a, "mine"u8.ToArray());
        time.Turn(TimeSpan.FromSeconds(2));
        Assert.Null(await a.Values.FindAsync("tickets", s_name, default));

        await _redis.RunAsync("SET", own, "x");
        Assert.Null(await a.Values.FindAsync("tickets", s_name, default));
        await _redis.RunAsync("DEL", own);
        await _redis.RunAsync("LPUSH", own, "x");
        Assert.Null(await a.Values.FindAsync("tickets", s_name, default));
    }

    /// <summary>Nodes of neighbouring steps of a rotation find what the other wrote, and never an older value.</summary>
    [Fact]
    public async Task DuringARotation_NodesFindTheNewestValueOfTheOthers()
    {
        string[][] steps =
        [
            [SharingNode.Secret],
            [SharingNode.Secret, OtherSecret],
            [OtherSecret, SharingNode.Secret],
            [OtherSecret],
        ];
        for (int step = 1; step < steps.Length; step++)
        {
            await using SharingNode before = await SharingNode.StartAsync(_redis, "before", steps[step - 1]);
            await using SharingNode after = await SharingNode.StartAsync(_redis, "after", steps[step]);
            foreach (
                (SharingNode writer, SharingNode reader, string value) in ((SharingNode, SharingNode, string)[])
                    [(before, after, "1"), (after, before, "2"), (before, after, "3")]
            )
            {
                byte[] written = Encoding.UTF8.GetBytes($"{step} {value}");
                await SetAsync(writer, s_name, written);
                await FoundAsync(reader, written);
                await FoundAsync(writer, written);
            }
        }
    }

    [Fact]
    public async Task ANodeThatIsNoMember_NeitherReadsNorWrites()
    {
        await using SharingNode a = await SharingNode.StartAsync(_redis, "a");
        await SetAsync(a, s_name, s_value);
        await FoundAsync(a, s_value);
        a.Standing.IsMember = false;
        Assert.False(a.Values.IsHere);
        Assert.False(a.Announcements.IsHearing);
        Assert.Null(await a.Values.FindAsync("tickets", s_name, default));
    }

    [Fact]
    public async Task AValueThatIsTooLong_IsNotShared()
    {
        await using SharingNode a = await SharingNode.StartAsync(_redis, "a");
        a.Values.Set("tickets", s_name, new byte[Farm.Redis.SharedValues.Longest + 1], s_long);
        await SetAsync(a, "next"u8.ToArray(), s_value);
        Assert.Null(await a.Values.FindAsync("tickets", s_name, default));
    }

    private async Task<string> KeyOfValueAsync() => await _redis.RunAsync("KEYS", "*value*");

    /// <summary>Sets a value until it is there: on a busy machine Redis may seem away for a moment.</summary>
    private static Task SetAsync(SharingNode node, byte[] name, byte[] value) =>
        Eventually.TrueAsync(
            "the value is written",
            async () =>
            {
                node.Values.Set("tickets", name, value, s_long);
                await Task.Delay(10);
                return (await node.Values.FindAsync("tickets", name, CancellationToken.None))?.AsSpan().SequenceEqual(value) is true;
            }
        );

    private static Task FoundAsync(SharingNode node, byte[] value) =>
        Eventually.TrueAsync(
            "the value is found",
            async () => (await node.Values.FindAsync("tickets", s_name, CancellationToken.None))?.AsSpan().SequenceEqual(value) is true
        );

    private static Task GoneAsync(SharingNode node) =>
        Eventually.TrueAsync(
            "the value is gone",
            async () => node.Values.IsHere && await node.Values.FindAsync("tickets", s_name, CancellationToken.None) is null
        );
}
