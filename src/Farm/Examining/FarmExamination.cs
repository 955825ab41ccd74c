using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;
using Waystation.Farm.Nodes;
using Waystation.Farm.Redis;
using Waystation.Farm.Secrets;

namespace Waystation.Farm.Examining;

/// <summary>Looks at the farm's Redis once, as a node uses it and without being one.</summary>
public static class FarmExamination
{
    private const int Questions = 5;
    private const int MaxLooks = 20;

    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan s_probeLifetime = TimeSpan.FromMinutes(1);

    /// <summary>Looks.</summary>
    /// <param name="target">Where Redis is.</param>
    /// <param name="secrets">The secrets of the farm; null if they cannot be read.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    public static async Task<FarmSight> LookAsync(RedisTarget target, FarmSecrets? secrets, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        try
        {
            ConfigurationOptions options = target.Open("doctor");
            // A look wants the reason of a failure; a node wants to go on.
            options.AbortOnConnectFail = true;
            options.ConnectRetry = 1;
            options.AsyncTimeout = 1_000;
            // The client asks for INFO only so.
            options.AllowAdmin = true;
            await using ConnectionMultiplexer client = await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(cancellationToken);
            return await LookAsync(client, options.User, secrets).WaitAsync(cancellationToken);
        }
        catch (Exception e) when (RedisLink.IsTrouble(e) && !cancellationToken.IsCancellationRequested)
        {
            return new FarmSight { Trouble = WordsOf(e) };
        }
    }

    private static async Task<FarmSight> LookAsync(ConnectionMultiplexer client, string? user, FarmSecrets? secrets)
    {
        IDatabase database = client.GetDatabase();
        if (user is not null && (string?)await database.ExecuteAsync("ACL", "WHOAMI") is { } name && name != user)
        {
            return new FarmSight
            {
                Trouble = $"the password of {user} is wrong, or there is no such user: Redis takes this node for {name}",
            };
        }

        var sight = new FarmSight { Latency = await LatencyAsync(database) };
        (IReadOnlyList<string> refused, string? trouble) = await TryCommandsAsync(client, database);
        if (trouble is not null || refused.Count > 0)
        {
            return sight with { Trouble = trouble, Refused = refused };
        }

        sight = await WithMemoryAsync(sight, client);
        return secrets is null ? sight : await WithNodesAsync(sight, database, secrets);
    }

    private static async Task<TimeSpan> LatencyAsync(IDatabase database)
    {
        List<TimeSpan> times = [];
        for (int i = 0; i < Questions; i++)
        {
            long asked = Stopwatch.GetTimestamp();
            await database.KeyExistsAsync(FarmKeys.Probe);
            times.Add(Stopwatch.GetElapsedTime(asked));
        }

        times.Sort();
        return times[Questions / 2];
    }

    /// <summary>Tries one command of each kind that a node uses, and leaves nothing behind but the probe of every node.</summary>
    private static async Task<(IReadOnlyList<string> Refused, string? Trouble)> TryCommandsAsync(
        ConnectionMultiplexer client,
        IDatabase database
    )
    {
        List<string> refused = [];
        string? trouble = null;
        await TryAsync("SET", () => database.StringSetAsync(FarmKeys.Probe, 1, s_probeLifetime, flags: CommandFlags.DemandMaster));
        await TryAsync("GET", () => database.StringGetAsync(FarmKeys.Probe));
        await TryAsync("SMEMBERS", () => database.SetMembersAsync(FarmKeys.Nodes));
        await TryAsync("HGETALL", () => database.HashGetAllAsync(FarmKeys.Verdicts));
        await TryAsync("XRANGE", () => database.StreamRangeAsync(FarmKeys.Announcements, count: 1));
        await TryAsync("SUBSCRIBE", () => SubscribeAsync(client.GetSubscriber()));
        return (refused, trouble);

        async Task TryAsync(string name, Func<Task> command)
        {
            try
            {
                await command();
            }
            catch (RedisServerException e) when (e.Message.StartsWith("NOPERM", StringComparison.Ordinal))
            {
                refused.Add(name);
            }
            catch (RedisException e)
            {
                trouble ??= $"it refuses {name}: {e.Message}";
            }
        }
    }

    /// <summary>The client subscribes over a second connection, which comes a moment after the first.</summary>
    private static async Task SubscribeAsync(ISubscriber subscriber)
    {
        for (int look = 1; ; look++)
        {
            try
            {
                await subscriber.SubscribeAsync(FarmKeys.Signal, static (_, _) => { });
                return;
            }
            catch (RedisConnectionException) when (look < MaxLooks)
            {
                await Task.Delay(s_betweenLooks);
            }
        }
    }

    private static async Task<FarmSight> WithMemoryAsync(FarmSight sight, ConnectionMultiplexer client)
    {
        try
        {
            Dictionary<string, string> memory = new(StringComparer.Ordinal);
            foreach (IServer server in client.GetServers().Where(static server => server.IsConnected))
            {
                foreach (KeyValuePair<string, string> line in (await server.InfoAsync("memory")).SelectMany(static group => group))
                {
                    memory[line.Key] = line.Value;
                }
            }

            return sight with
            {
                MaxMemory = Number("maxmemory"),
                UsedMemory = Number("used_memory"),
                Policy = memory.GetValueOrDefault("maxmemory_policy", ""),
            };

            long Number(string key) =>
                long.TryParse(memory.GetValueOrDefault(key), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : 0;
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOPERM", StringComparison.Ordinal))
        {
            return sight with { Refused = ["INFO"] };
        }
    }

    private static async Task<FarmSight> WithNodesAsync(FarmSight sight, IDatabase database, FarmSecrets secrets)
    {
        RedisKey[] keys = [.. (await database.SetMembersAsync(FarmKeys.Nodes)).Select(static name => FarmKeys.Node((string)name!))];
        RedisValue[] raw = keys.Length == 0 ? [] : await database.StringGetAsync(keys);
        NodeEntry?[] entries = [.. raw.Where(static one => !one.IsNull).Select(one => NodeEntry.Open(secrets, (byte[])one!))];
        return sight with
        {
            Nodes = [.. entries.OfType<NodeEntry>().Select(static entry => (entry.Name, entry.Url))],
            Strangers = entries.Count(static entry => entry is null),
        };
    }

    /// <summary>The client's own words name no cause: the exception inside does.</summary>
    private static string WordsOf(Exception e) =>
        e is RedisConnectionException && e.Message.Contains("WRONGPASS", StringComparison.Ordinal) ? "it refuses the login of this node"
        : e is RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } failure
        && e.Message.Contains("NOAUTH", StringComparison.Ordinal) | failure.InnerException is null
            ? $"it refuses the login of this node ({e.Message})"
        : e.GetBaseException().Message;
}
