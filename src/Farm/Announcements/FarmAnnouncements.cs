using Microsoft.Extensions.Hosting;
using Waystation.Farm.Redis;
using Waystation.Farm.Secrets;

namespace Waystation.Farm.Announcements;

/// <summary>
/// Announcements by way of a Redis stream. The stream gives the order; pub/sub only says that there is something to read, and nothing
/// depends on it. A writer appends what this node announces. A reader reads at least four times a second, each time from the entry on that
/// it heard last. That entry must still be there: otherwise Redis was emptied, has lost its last entries in a failover, or has dropped
/// entries that this node did not read. Then announcements count as missed.
/// </summary>
public sealed class FarmAnnouncements : IAnnouncements, IHostedService, IAsyncDisposable
{
    /// <summary>The longest content in bytes.</summary>
    public const int LongestContent = 16 * 1024;

    /// <summary>So long after its last read of everything a node relies on having heard everything.</summary>
    private static readonly TimeSpan s_lease = TimeSpan.FromMilliseconds(800);

    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(250);

    private readonly FarmRedis _redis;
    private readonly Standing _standing;
    private readonly TimeProvider _time;
    private readonly AnnouncementQueue _queue;
    private readonly AnnouncementStream _stream;
    private readonly AnnouncementReader _reader;
    private readonly CancellationTokenSource _stop = new();
    private Task _work = Task.CompletedTask;
    private bool _isDisposed;

    /// <summary>Makes it; <see cref="StartAsync"/> begins to read and to write.</summary>
    public FarmAnnouncements(
        FarmRedis redis,
        FarmSecrets secrets,
        Standing standing,
        string nodeName,
        TimeProvider time,
        ILogger<FarmAnnouncements> logger
    )
    {
        ArgumentNullException.ThrowIfNull(redis);
        _redis = redis;
        _standing = standing;
        _time = time;
        _queue = new AnnouncementQueue(nodeName);
        _stream = new AnnouncementStream(redis, secrets);
        _reader = new AnnouncementReader(_stream, _queue, nodeName, time, logger);
        redis.OnSignal(_reader.Wake);
    }

    /// <inheritdoc />
    public bool IsHearing => _standing.IsMember && _redis.IsHere && _reader.HeardAllAt is { } at && _time.GetElapsedTime(at) < s_lease;

    /// <inheritdoc />
    public AnnouncementPosition Position => _reader.Position;

    /// <inheritdoc />
    public bool HasHeardAllSince(AnnouncementPosition position) => IsHearing && position >= _reader.Floor;

    /// <inheritdoc />
    public void Announce(string kind, ReadOnlyMemory<byte> content)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, LongestContent);
        _queue.Add(kind, content);
    }

    /// <inheritdoc />
    public void Subscribe(string kind, Action<Announcement> hear) => _reader.Hearers.Add(kind, hear);

    /// <inheritdoc />
    public void WhenPlaced(string kind, Action<Announcement> place) => _reader.OwnHearers.Add(kind, place);

    /// <inheritdoc />
    public void WhenMissed(Action forget) => _reader.Hearers.AddForgetter(forget);

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _work = Task.WhenAll(Task.Run(ReadAsync, CancellationToken.None), Task.Run(WriteAsync, CancellationToken.None));
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // What this node announced last, such as its end, is written if Redis takes it.
        if (_queue.Oldest() is { Count: > 0 } last)
        {
            await _stream.AppendAsync(last, cancellationToken);
        }

        await _stop.CancelAsync();
        await _work;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // The container disposes a hosted service twice.
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        await _stop.CancelAsync();
        await _work;
        _redis.OnSignal(static () => { });
        _reader.Dispose();
        _queue.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                await _redis.WhenHereAsync(_stop.Token);
                await _reader.ReadAsync(s_again, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            await _reader.Begun.WaitAsync(_stop.Token);
            while (true)
            {
                await _queue.WaitAsync(_stop.Token);
                while (_queue.Oldest() is { Count: > 0 } batch)
                {
                    await _redis.WhenHereAsync(_stop.Token);
                    if (await _stream.AppendAsync(batch, _stop.Token))
                    {
                        _queue.Confirm(batch[^1].Number);
                    }
                    else
                    {
                        await Task.Delay(s_again, _time, _stop.Token);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }
}
