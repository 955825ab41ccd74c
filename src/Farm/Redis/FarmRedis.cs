using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace Waystation.Farm.Redis;

/// <summary>
/// The connection of this node to the farm's Redis, and the knowledge whether Redis answers. A probe writes a small value four times a
/// second, because a Redis that is full or has become a replica answers reads and takes no writes. A command that fails or is late ends
/// the use of Redis at once; probes that are answered in time begin it again.
/// </summary>
public sealed class FarmRedis : IHostedService, IAsyncDisposable
{
    /// <summary>The longest time for which a request waits for Redis.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan s_probeEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_probeLifetime = TimeSpan.FromMinutes(1);

    private readonly RedisLink _link;
    private readonly RedisHealth _health;
    private readonly RedisMeters _meters;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private Action _signalled = static () => { };
    private Task _watch = Task.CompletedTask;
    private bool _isDisposed;

    /// <summary>Makes it; <see cref="StartAsync"/> connects.</summary>
    public FarmRedis(RedisTarget target, string nodeName, TimeProvider time, RedisMeters meters, ILogger<FarmRedis> logger)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(meters);
        _time = time;
        _meters = meters;
        _link = new RedisLink(target, nodeName, time, () => _signalled());
        _health = new RedisHealth(time, logger, _link.ToString());
        meters.ObserveHere(() => IsHere);
    }

    /// <summary>Whether Redis can be asked now.</summary>
    public bool IsHere => _health.IsHere;

    /// <summary>Whether Redis has been away for longer than a moment.</summary>
    public bool IsAway => _health.IsAway;

    /// <summary>Sets what happens when a node says that there are new announcements.</summary>
    internal void OnSignal(Action hear) => _signalled = hear;

    /// <summary>Completes when Redis answers.</summary>
    internal Task WhenHereAsync(CancellationToken cancellationToken) => _health.WhenHereAsync(cancellationToken);

    /// <summary>Runs one command. It does not throw for anything that Redis does.</summary>
    /// <param name="command">The command.</param>
    /// <param name="within">After this the command counts as failed.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <typeparam name="T">The type of the answer.</typeparam>
    /// <returns>Whether Redis has answered, and the answer.</returns>
    internal async ValueTask<(bool IsAnswered, T? Answer)> AskAsync<T>(
        Func<IDatabase, Task<T>> command,
        TimeSpan within,
        CancellationToken cancellationToken
    )
    {
        if (!IsHere || _link.Database is not { } database)
        {
            return default;
        }

        string? trouble = null;
        try
        {
            return (true, await ObservedAsync(command(database)).WaitAsync(within, _time, cancellationToken));
        }
        catch (RedisServerException)
        {
            // Redis refuses this command. The next probe says whether it refuses all of them.
        }
        catch (Exception e) when (RedisLink.IsTrouble(e))
        {
            trouble = e is TimeoutException ? "a command was not answered in time" : e.Message;
        }

        _meters.Failed();
        if (trouble is not null)
        {
            _health.Suspect(trouble);
        }

        Wake();
        return default;
    }

    /// <summary>Sends the signal that there are new announcements, and does not wait for anything.</summary>
    internal void Signal()
    {
        if (IsHere)
        {
            _ = _link.Database?.PublishAsync(FarmKeys.Signal, RedisValue.EmptyString, CommandFlags.FireAndForget);
        }
    }

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _watch = Task.Run(WatchAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _watch;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // The container disposes a hosted service twice.
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        await StopAsync(CancellationToken.None);
        await _link.DisposeAsync();
        _stop.Dispose();
        _wake.Dispose();
    }

    private static Task<T> ObservedAsync<T>(Task<T> task)
    {
        // A command that came too late may still fail.
        _ = task.ContinueWith(
            static late => late.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted,
            TaskScheduler.Default
        );
        return task;
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            _health.Note(await LookAsync());
            try
            {
                await _wake.WaitAsync(s_probeEvery, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        _health.Leave();
    }

    /// <summary>What is wrong with Redis now; null if nothing is.</summary>
    private async Task<string?> LookAsync()
    {
        try
        {
            if (await _link.TroubleAsync(isNew: !IsHere) is { } trouble)
            {
                return trouble;
            }

            long sent = _time.GetTimestamp();
            // While Redis is in use a late answer is more often this machine's fault.
            TimeSpan within = IsHere ? 2 * Patience : Patience;
            await ObservedAsync(_link.Database!.StringSetAsync(FarmKeys.Probe, 1, s_probeLifetime, flags: CommandFlags.DemandMaster))
                .WaitAsync(2 * within, _time);
            return _time.GetElapsedTime(sent) <= within ? null : "it is slow";
        }
        catch (TimeoutException)
        {
            return "it does not answer";
        }
        catch (Exception e) when (RedisLink.IsTrouble(e))
        {
            return e.Message;
        }
    }

    private void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // The watch is awake already.
        }
        catch (ObjectDisposedException)
        {
            // The watch has ended.
        }
    }
}
