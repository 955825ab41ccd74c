using StackExchange.Redis;

namespace Waystation.Farm.Redis;

/// <summary>The shared values in Redis. <see cref="SealedValue"/> says how they look there.</summary>
public sealed class SharedValues : ISharedValues, IAsyncDisposable
{
    /// <summary>The longest value in bytes. A longer one is not shared.</summary>
    public const int Longest = 1024 * 1024;

    private readonly FarmRedis _redis;
    private readonly Standing _standing;
    private readonly SealedValue _seal;
    private readonly TimeProvider _time;
    private readonly RedisMeters _meters;
    private readonly ValueWriter _writer;

    /// <summary>Makes it.</summary>
    public SharedValues(FarmRedis redis, Standing standing, SealedValue seal, TimeProvider time, RedisMeters meters)
    {
        _redis = redis;
        _standing = standing;
        _seal = seal;
        _time = time;
        _meters = meters;
        _writer = new ValueWriter(redis, meters);
    }

    /// <inheritdoc />
    public bool IsHere => _standing.IsMember && _redis.IsHere;

    /// <inheritdoc />
    public async ValueTask<byte[]?> FindAsync(string kind, ReadOnlyMemory<byte> name, CancellationToken cancellationToken) =>
        (await FindAllAsync([kind], name, cancellationToken))[0];

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<byte[]?>> FindAllAsync(
        IReadOnlyList<string> kinds,
        ReadOnlyMemory<byte> name,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(kinds);
        var values = new byte[]?[kinds.Count];
        if (!IsHere)
        {
            return values;
        }

        RedisKey[][] keys = [.. kinds.Select(kind => _seal.Keys(kind, name.Span))];
        long sent = _time.GetTimestamp();
        (bool isAnswered, RedisValue[]? found) = await _redis.AskAsync(
            database => database.StringGetAsync([.. keys.SelectMany(static some => some)], CommandFlags.DemandMaster),
            FarmRedis.Patience,
            cancellationToken
        );
        if (!isAnswered)
        {
            return values;
        }

        _meters.Read(_time.GetElapsedTime(sent));
        int at = 0;
        for (int i = 0; i < values.Length; i++)
        {
            for (int last = at + keys[i].Length; at < last; at++)
            {
                if (values[i] is null && !found![at].IsNull)
                {
                    values[i] = _seal.Open(kinds[i], name.Span, (byte[])found[at]!);
                }
            }
        }

        return values;
    }

    /// <inheritdoc />
    public void Set(string kind, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value, TimeSpan lifetime)
    {
        if (!IsHere || value.Length > Longest || lifetime < TimeSpan.FromMilliseconds(1))
        {
            _meters.Dropped();
            return;
        }

        _writer.Write(_seal.Keys(kind, name.Span), _seal.Seal(kind, name.Span, value.Span, lifetime), lifetime);
    }

    /// <inheritdoc />
    public void Remove(string kind, ReadOnlyMemory<byte> name)
    {
        if (IsHere)
        {
            _writer.Write(_seal.Keys(kind, name.Span), value: null, TimeSpan.Zero);
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _writer.DisposeAsync();
}
