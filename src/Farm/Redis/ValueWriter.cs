using System.Threading.Channels;
using StackExchange.Redis;

namespace Waystation.Farm.Redis;

/// <summary>Writes shared values in their order, behind the requests that made them.</summary>
internal sealed class ValueWriter : IAsyncDisposable
{
    private const int MostWaiting = 4_096;

    /// <summary>Bytes of values that wait.</summary>
    private const long MostBytes = 16 * 1024 * 1024;

    private const int MostAtOnce = 64;

    private static readonly TimeSpan s_within = TimeSpan.FromSeconds(1);

    private readonly FarmRedis _redis;
    private readonly RedisMeters _meters;
    private readonly Channel<Change> _queue = Channel.CreateBounded<Change>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _work;
    private long _bytes;

    public ValueWriter(FarmRedis redis, RedisMeters meters)
    {
        _redis = redis;
        _meters = meters;
        _work = Task.Run(WorkAsync);
    }

    /// <param name="keys">The key of the value, and keys at which there may be an older one.</param>
    /// <param name="value">The value; null removes it.</param>
    /// <param name="lifetime">The time after which Redis ends it.</param>
    public void Write(RedisKey[] keys, byte[]? value, TimeSpan lifetime)
    {
        int length = value?.Length ?? 0;
        if (Interlocked.Add(ref _bytes, length) > MostBytes || !_queue.Writer.TryWrite(new Change(keys, value, lifetime)))
        {
            Interlocked.Add(ref _bytes, -length);
            _meters.Dropped();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _work;
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        try
        {
            while (await _queue.Reader.WaitToReadAsync(_stop.Token))
            {
                List<Change> batch = [];
                while (batch.Count < MostAtOnce && _queue.Reader.TryRead(out Change? next))
                {
                    batch.Add(next);
                }

                // Commands of one connection are done in the order in which they were sent.
                (bool isAnswered, _) = await _redis.AskAsync(
                    async database =>
                    {
                        await Task.WhenAll(batch.SelectMany(change => Send(database, change)));
                        return true;
                    },
                    s_within,
                    _stop.Token
                );
                if (!isAnswered)
                {
                    batch.ForEach(_ => _meters.Dropped());
                }

                Interlocked.Add(ref _bytes, -batch.Sum(static change => (long)(change.Value?.Length ?? 0)));
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private static IEnumerable<Task> Send(IDatabase database, Change change)
    {
        RedisKey[] old = change.Value is null ? change.Keys : change.Keys[1..];
        if (old.Length > 0)
        {
            yield return database.KeyDeleteAsync(old);
        }

        if (change.Value is not null)
        {
            yield return database.StringSetAsync(change.Keys[0], change.Value, change.Lifetime);
        }
    }

    private sealed record Change(RedisKey[] Keys, byte[]? Value, TimeSpan Lifetime);
}
