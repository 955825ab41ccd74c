using System.Diagnostics;
using Waystation.Farm.Redis;
using Waystation.TestKit.Servers;

namespace Waystation.Farm.Tests.Redis;

/// <summary>Everything that a Redis does to a node but to answer.</summary>
public sealed class FarmRedisTests
{
    private static readonly byte[] s_name = "name"u8.ToArray();

    [Fact]
    public async Task ARedisThatIsKilled_CostsNoRequestAWait_AndComesBack()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using SharingNode node = await SharingNode.StartAsync(redis, "a");
        redis.Kill();
        await AssertShortWaitsAsync(node);
        await Eventually.TrueAsync("the log says so", () => HasLine(node, "Warning 5001"));
        await redis.StartAgainAsync(isEmpty: true);
        await ComesBackAsync(node);
        await Eventually.TrueAsync("the log says so", () => HasLine(node, "Information 5002"));
    }

    [Fact]
    public async Task ARedisThatFreezes_CostsNoRequestAWait_AndComesBack()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using SharingNode node = await SharingNode.StartAsync(redis, "a");
        redis.Freeze();
        await AssertShortWaitsAsync(node);
        await Eventually.TrueAsync("it is away", () => node.Redis.IsAway);
        redis.Thaw();
        await ComesBackAsync(node);
    }

    [Fact]
    public async Task ARedisThatIsFull_IsAway_UntilItHasRoom()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using SharingNode node = await SharingNode.StartAsync(redis, "a");
        await redis.RunAsync("CONFIG", "SET", "maxmemory", "1");
        await Eventually.TrueAsync("it is away", () => node.Redis.IsAway && !node.Announcements.IsHearing);
        Assert.Null(await node.Values.FindAsync("tickets", s_name, default));
        await Eventually.TrueAsync(
            "the log says why",
            () => node.RedisLog.Lines.Any(static line => line.Contains("maxmemory", StringComparison.Ordinal))
        );
        await redis.RunAsync("CONFIG", "SET", "maxmemory", "0");
        await ComesBackAsync(node);
    }

    [Fact]
    public async Task ARedisThatBecameAReplica_IsAway()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using SharingNode node = await SharingNode.StartAsync(redis, "a");
        await redis.RunAsync("REPLICAOF", "127.0.0.1", "1");
        await Eventually.TrueAsync("it is away", () => node.Redis.IsAway);
        await redis.RunAsync("REPLICAOF", "NO", "ONE");
        await ComesBackAsync(node);
    }

    [Fact]
    public async Task ARedisThatIsAwayAtTheStart_IsJoinedLater()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        redis.Kill();
        await using SharingNode node = SharingNode.Start(new RedisTarget(redis.Address), "a");
        await Eventually.TrueAsync("the log says so", () => HasLine(node, "Warning 5001"));
        Assert.False(node.Values.IsHere);
        await redis.StartAgainAsync(isEmpty: true);
        await ComesBackAsync(node);
    }

    /// <summary>The client stays connected as <c>default</c>, which may do everything here.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AWrongPassword_IsNoticed_AndARightOneNeedsNoRestart(bool isDefaultUserOpen)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["password"], "wrong\n");
        await using RedisServer redis = await RedisServer.StartAsync(new() { User = "waystation", IsDefaultUserOpen = isDefaultUserOpen });
        var target = new RedisTarget(redis.Address, "waystation", folder["password"]);
        await using SharingNode node = SharingNode.Start(target, "a");
        await Eventually.TrueAsync("the log says so", () => HasLine(node, "Warning 5001"));
        Assert.False(node.Redis.IsHere);
        Assert.Equal("", await redis.RunAsync("KEYS", "*"));
        await File.WriteAllTextAsync(folder["password"], "redis-password\n");
        await ComesBackAsync(node);
    }

    [Fact]
    public async Task AnAclUserWithTheRightsOfTheDocument_Suffices()
    {
        string page = await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "docs", "farm.md"));
        string line = page.Split('\n').Single(static line => line.Contains("ACL SETUSER waystation on", StringComparison.Ordinal));
        string[] rules = line.Trim().Split(' ')[5..];
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["password"], "redis-password");
        await using RedisServer redis = await RedisServer.StartAsync(
            new()
            {
                User = "waystation",
                IsDefaultUserOpen = false,
                Rules = rules,
            }
        );
        var target = new RedisTarget(redis.Address, "waystation", folder["password"]);
        await using SharingNode a = SharingNode.Start(target, "a");
        await using SharingNode b = SharingNode.Start(target, "b");
        try
        {
            await ComesBackAsync(a);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException(await redis.RunAsync("ACL", "LOG"), late);
        }

        await AssertSharingAsync(a, b);
        await using Nodes.RegisteredNode registered = await Nodes.RegisteredNode.StartAsync(target, "c", folder["c"]);
        await registered.HasMembersAsync("c");
        await Eventually.TrueAsync("it is decided", () => registered.Registry.DecideAsync("c", isApproved: true, CancellationToken.None));
        await registered.StopAsync();
        // The rights are no more than those of this farm.
        Assert.DoesNotContain("nopass", await redis.RunAsync("ACL", "LIST"), StringComparison.Ordinal);
        string refused = await redis.RunAsync("ACL", "LOG");
        Assert.DoesNotContain("waystation:", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tls_IsSpokenWithTheOwnAuthority_AndWithNoOther()
    {
        using var folder = new TempFolder();
        TlsFiles tls = await TlsFiles.CreateAsync(folder);
        await using RedisServer redis = await RedisServer.StartAsync(new() { Tls = tls });
        await using SharingNode trusting = SharingNode.Start(new RedisTarget(redis.Address + ",ssl=true", CaFile: tls.Authority), "a");
        await using SharingNode other = SharingNode.Start(new RedisTarget(redis.Address + ",ssl=true"), "b");
        await ComesBackAsync(trusting);
        await Eventually.TrueAsync("the log says so", () => HasLine(other, "Warning 5001"));
        Assert.False(other.Redis.IsHere);
    }

    [Fact]
    public async Task Sentinel_NamesTheNewMaster_AfterAFailover()
    {
        await using RedisServer master = await RedisServer.StartAsync();
        await using RedisServer replica = await RedisServer.StartAsync(
            new() { Further = [$"replicaof 127.0.0.1 {master.Port}", "masteruser admin", "masterauth admin"] }
        );
        await Eventually.TrueAsync(
            "the replica follows",
            async () => (await replica.RunAsync("INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal)
        );
        await using RedisServer sentinel = await RedisServer.StartAsync(
            new()
            {
                Arguments = ["--sentinel"],
                Further =
                [
                    $"sentinel monitor farm 127.0.0.1 {master.Port} 1",
                    "sentinel down-after-milliseconds farm 500",
                    "sentinel failover-timeout farm 2000",
                ],
            }
        );
        await Eventually.TrueAsync(
            "the sentinel knows the replica",
            async () => (await sentinel.RunAsync("SENTINEL", "REPLICAS", "farm")).Contains("name", StringComparison.Ordinal)
        );
        await using SharingNode a = SharingNode.Start(new RedisTarget($"{sentinel.Address},serviceName=farm"), "a");
        await using SharingNode b = SharingNode.Start(new RedisTarget($"{sentinel.Address},serviceName=farm"), "b");
        await AssertSharingAsync(a, b);
        master.Kill();
        await Eventually.TrueAsync(
            "the replica is the master",
            async () => (await replica.RunAsync("ROLE")).StartsWith("master", StringComparison.Ordinal)
        );
        await Eventually.TrueAsync("it is back", () => a.Announcements.IsHearing && b.Announcements.IsHearing, TimeSpan.FromMinutes(1));
        await AssertSharingAsync(a, b);
    }

    [Fact]
    public async Task Cluster_HasAllOfAFarmInOneSlot()
    {
        List<RedisServer> servers = [];
        try
        {
            for (int i = 0; i < 3; i++)
            {
                servers.Add(await RedisServer.StartAsync(new() { Further = ["cluster-enabled yes", "cluster-node-timeout 2000"] }));
            }

            await new Command(
                "redis-cli",
                [
                    "--user",
                    "admin",
                    "--pass",
                    "admin",
                    "--cluster-yes",
                    "--cluster",
                    "create",
                    .. servers.Select(static server => server.Address),
                ]
            ).MustRunAsync();
            await Eventually.TrueAsync(
                "the cluster is ready",
                async () => (await servers[0].RunAsync("CLUSTER", "INFO")).Contains("cluster_state:ok", StringComparison.Ordinal)
            );
            string address = string.Join(',', servers.Take(2).Select(static server => server.Address));
            using var folder = new TempFolder();
            await using SharingNode a = SharingNode.Start(new RedisTarget(address), "a");
            await using SharingNode b = SharingNode.Start(new RedisTarget(address), "b");
            await AssertSharingAsync(a, b);
            await using Nodes.RegisteredNode c = await Nodes.RegisteredNode.StartAsync(new RedisTarget(address), "c", folder["c"]);
            await using Nodes.RegisteredNode d = await Nodes.RegisteredNode.StartAsync(new RedisTarget(address), "d", folder["d"]);
            await c.HasMembersAsync("c", "d");
        }
        finally
        {
            foreach (RedisServer server in servers)
            {
                await server.DisposeAsync();
            }
        }
    }

    /// <summary>Asks until the node knows that Redis is away, and then a thousand times. The client's own way is 5.9 s for each.</summary>
    private static async Task AssertShortWaitsAsync(SharingNode node)
    {
        var all = Stopwatch.StartNew();
        while (node.Values.IsHere)
        {
            var one = Stopwatch.StartNew();
            Assert.Null(await node.Values.FindAsync("tickets", s_name, default));
            Assert.InRange(one.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
            Assert.InRange(all.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        }

        all.Restart();
        for (int i = 0; i < 1_000; i++)
        {
            await node.Values.FindAsync("tickets", s_name, default);
            node.Values.Set("tickets", s_name, s_name, TimeSpan.FromSeconds(1));
        }

        Assert.InRange(all.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    private static async Task AssertSharingAsync(SharingNode a, SharingNode b)
    {
        await ComesBackAsync(a);
        await ComesBackAsync(b);
        byte[] value = Guid.NewGuid().ToByteArray();
        await Eventually.TrueAsync(
            "the value is found",
            async () =>
            {
                a.Values.Set("tickets", s_name, value, TimeSpan.FromMinutes(1));
                return (await b.Values.FindAsync("tickets", s_name, default))?.AsSpan().SequenceEqual(value) is true;
            }
        );
        int heard = 0;
        b.Announcements.Subscribe("push", one => heard += one.Content.Span.SequenceEqual(value) ? 1 : 0);
        a.Announcements.Announce("push", value);
        await Eventually.TrueAsync("it is heard", () => Volatile.Read(ref heard) == 1);
    }

    private static async Task ComesBackAsync(SharingNode node)
    {
        try
        {
            await Eventually.TrueAsync("it hears", () => node.Values.IsHere && node.Announcements.IsHearing);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException(string.Join('\n', [.. node.RedisLog.Lines, .. node.AnnouncementLog.Lines]), late);
        }
    }

    private static bool HasLine(SharingNode node, string beginning) =>
        node.RedisLog.Lines.Any(line => line.StartsWith(beginning, StringComparison.Ordinal));
}
