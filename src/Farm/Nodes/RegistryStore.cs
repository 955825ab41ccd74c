using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;
using Waystation.Farm.Redis;
using Waystation.Farm.Secrets;

namespace Waystation.Farm.Nodes;

/// <summary>The entries of nodes and the decisions of operators in Redis.</summary>
internal sealed class RegistryStore(FarmRedis redis, FarmSecrets secrets, TimeSpan lifetime)
{
    private static readonly TimeSpan s_within = TimeSpan.FromSeconds(1);

    /// <summary>All that is in Redis and opens; null if Redis does not answer.</summary>
    public async ValueTask<RegistryContent?> ReadAsync(CancellationToken cancellationToken)
    {
        (bool isAnswered, RegistryContent? content) = await redis.AskAsync(ReadAsync, s_within, cancellationToken);
        return isAnswered ? content : null;
    }

    /// <summary>
    /// Writes a node's entry if Redis still has what was read: two nodes with one name never take turns. Returns what was written;
    /// nothing if Redis has something else, or does not answer.
    /// </summary>
    public async ValueTask<RedisValue> WriteAsync(NodeEntry entry, RedisValue was, CancellationToken cancellationToken)
    {
        string hidden = Hidden(entry.Name);
        RedisKey key = FarmKeys.Node(hidden);
        RedisValue value = entry.Seal(secrets);
        (bool isAnswered, bool isWritten) = await redis.AskAsync(
            async database =>
            {
                Task<bool> written = was.IsNull
                    ? database.StringSetAsync(key, value, lifetime, When.NotExists)
                    : ReplaceAsync(database, key, was, of => of.StringSetAsync(key, value, lifetime));
                await database.SetAddAsync(FarmKeys.Nodes, hidden);
                return await written;
            },
            s_within,
            cancellationToken
        );
        return isAnswered && isWritten ? value : RedisValue.Null;
    }

    /// <summary>Removes a node's entry, if it is still the one that was read.</summary>
    public async ValueTask RemoveAsync(string name, RedisValue was, CancellationToken cancellationToken)
    {
        RedisKey key = FarmKeys.Node(Hidden(name));
        await redis.AskAsync(database => ReplaceAsync(database, key, was, of => of.KeyDeleteAsync(key)), s_within, cancellationToken);
    }

    /// <summary>Writes decisions. False if Redis does not answer.</summary>
    public async ValueTask<bool> WriteAsync(IReadOnlyList<Verdict> verdicts, CancellationToken cancellationToken)
    {
        HashEntry[] fields = [.. verdicts.Select(verdict => new HashEntry(Hidden(verdict.Name), verdict.Seal(secrets)))];
        (bool isAnswered, _) = await redis.AskAsync(
            async database =>
            {
                await database.HashSetAsync(FarmKeys.Verdicts, fields);
                return true;
            },
            s_within,
            cancellationToken
        );
        return isAnswered;
    }

    /// <summary>The raw entry at the key of this name.</summary>
    public RedisValue RawOf(RegistryContent content, string name) => content.Raw.GetValueOrDefault(Hidden(name));

    private async Task<RegistryContent> ReadAsync(IDatabase database)
    {
        Task<HashEntry[]> verdicts = database.HashGetAllAsync(FarmKeys.Verdicts, CommandFlags.DemandMaster);
        RedisValue[] names = await database.SetMembersAsync(FarmKeys.Nodes, CommandFlags.DemandMaster);
        RedisKey[] keys = [.. names.Select(static name => FarmKeys.Node((string)name!))];
        RedisValue[] raw = keys.Length == 0 ? [] : await database.StringGetAsync(keys, CommandFlags.DemandMaster);
        RedisValue[] gone = [.. names.Where((_, i) => raw[i].IsNull)];
        if (gone.Length > 0)
        {
            // A node that lives adds its name again with each entry.
            await database.SetRemoveAsync(FarmKeys.Nodes, gone);
        }

        return new RegistryContent(
            names
                .Zip(raw)
                .Where(static one => !one.Second.IsNull)
                .ToDictionary(static one => (string)one.First!, static one => one.Second, StringComparer.Ordinal),
            [.. raw.Where(static one => !one.IsNull).Select(one => NodeEntry.Open(secrets, (byte[])one!)).OfType<NodeEntry>()],
            [.. (await verdicts).Select(field => Verdict.Open(secrets, (byte[])field.Value!)).OfType<Verdict>()]
        );
    }

    private static async Task<bool> ReplaceAsync(IDatabase database, RedisKey key, RedisValue was, Func<ITransaction, Task> change)
    {
        ITransaction transaction = database.CreateTransaction();
        transaction.AddCondition(Condition.StringEqual(key, was));
        _ = change(transaction);
        return await transaction.ExecuteAsync(CommandFlags.DemandMaster);
    }

    private string Hidden(string name) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(secrets.Key("names of nodes").Span, Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));
}
