using StackExchange.Redis;
using Waystation.Farm.Nodes;
using Waystation.Farm.Redis;
using Waystation.Farm.Secrets;
using Waystation.Proxy.Doctor.Reporting;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Doctor;

/// <summary>What can be wrong with Redis and the other nodes.</summary>
internal static class FarmFaults
{
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private const string Another = "fedcba9876543210fedcba9876543210";

    private static readonly string[] s_readsOnly =
    [
        "~waystation:*",
        "&waystation:*",
        "+@connection",
        "+get",
        "+exists",
        "+info",
        "+acl|whoami",
    ];

    public static IReadOnlyDictionary<string, Fault> All { get; } =
        new Dictionary<string, Fault>(StringComparer.Ordinal)
        {
            ["redis is away"] = new("redis", "cannot be used", "start Redis", static stage => Join(stage, $"127.0.0.1:{FreePort.Find()}")),
            ["redis is frozen"] = new("redis", "cannot be used", "start Redis", static async stage => (await StartAsync(stage)).Freeze()),
            ["redis is far away"] = new(
                "redis",
                "the nodes go on without Redis",
                "put Redis near the nodes",
                static async stage =>
                {
                    RedisServer redis = await StartAsync(stage);
                    await Join(stage, stage.Keep(LateRelay.Start(redis.Address, TimeSpan.FromMilliseconds(80))).Address);
                }
            ),
            ["redis takes no such password"] = new(
                "redis",
                "the password of waystation is wrong",
                "Farm:RedisPasswordFile",
                static async stage =>
                {
                    await StartAsync(stage, new RedisSettings { User = "waystation" });
                    stage.Settings["Farm:RedisUser"] = "waystation";
                    stage.Settings["Farm:RedisPasswordFile"] = stage.Write("redis-password", "another password");
                }
            ),
            ["redis refuses commands"] = new(
                "redis",
                "refuses SET, SMEMBERS, HGETALL, XRANGE, SUBSCRIBE",
                "ACL SETUSER",
                static async stage =>
                {
                    await StartAsync(stage, new RedisSettings { User = "waystation", Rules = s_readsOnly });
                    stage.Settings["Farm:RedisUser"] = "waystation";
                    stage.Settings["Farm:RedisPasswordFile"] = stage.Write("redis-password", new RedisSettings().Password);
                }
            ),
            ["redis evicts"] = new(
                "redis",
                "maxmemory-policy allkeys-lru",
                "noeviction",
                static async stage =>
                {
                    RedisServer redis = await StartAsync(stage, new RedisSettings { MaxMemory = 100_000_000 });
                    await redis.RunAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
                }
            )
            {
                State = FindingState.Warning,
            },
            ["redis is full"] = new(
                "redis",
                "a full one takes no writes",
                "raise maxmemory",
                static async stage =>
                {
                    RedisServer redis = await StartAsync(stage, new RedisSettings { MaxMemory = 100_000_000 });
                    await redis.RunAsync("CONFIG", "SET", "maxmemory", "0");
                    await redis.RunAsync("SETRANGE", "ballast", "30000000", "x");
                    // Above what is in use, and near it.
                    string used = (await redis.RunAsync("INFO", "memory")).Split("used_memory:")[1].Split('\r', '\n')[0];
                    long most = long.Parse(used, System.Globalization.CultureInfo.InvariantCulture) * 21 / 20;
                    await redis.RunAsync("CONFIG", "SET", "maxmemory", $"{most}");
                }
            )
            {
                State = FindingState.Warning,
            },
            ["a node has another secret"] = new(
                "peers",
                "1 of 1 nodes in Redis have another farm secret",
                "the same secret",
                static async stage => await RegisterAsync(await StartAsync(stage), new Uri("http://127.0.0.1:1"), Another)
            ),
            ["a node cannot be reached"] = new(
                "peers",
                "other cannot be reached at http://127.0.0.1:",
                "Farm:NodeUrl of other",
                static async stage => await RegisterAsync(await StartAsync(stage), new Uri($"http://127.0.0.1:{FreePort.Find()}"), Secret)
            ),
            ["the URL of a node leads elsewhere"] = new(
                "peers",
                "what answers there is not a node (status 200)",
                "Farm:NodeUrl of other",
                static async stage =>
                    await RegisterAsync(
                        await StartAsync(stage),
                        new Uri($"http://127.0.0.1:{(await stage.PrimaryAsync(isTls: false)).Port}"),
                        Secret
                    )
            ),
        };

    private static async Task<RedisServer> StartAsync(DoctorStage stage, RedisSettings? settings = null)
    {
        RedisServer redis = stage.Keep(await RedisServer.StartAsync(settings));
        await Join(stage, redis.Address);
        return redis;
    }

    private static Task Join(DoctorStage stage, string address)
    {
        stage.Settings["Farm:Redis"] = address;
        stage.Settings["Farm:Name"] = "own";
        stage.Settings["Farm:NodeUrl"] = "http://127.0.0.1:8080";
        stage.Settings["Farm:SecretFile"] = stage.Write("farm-secret", Secret);
        return Task.CompletedTask;
    }

    private static async Task RegisterAsync(RedisServer redis, Uri url, string secret)
    {
        await using ConnectionMultiplexer client = await ConnectionMultiplexer.ConnectAsync(redis.Address);
        IDatabase database = client.GetDatabase();
        var entry = new NodeEntry("other", url, NodeState.Active, "0.1.0", "1", "2", DateTimeOffset.UtcNow, 1);
        await database.SetAddAsync(FarmKeys.Nodes, "hidden");
        await database.StringSetAsync(FarmKeys.Node("hidden"), entry.Seal(new FarmSecrets([secret])));
    }
}
