using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;

namespace Waystation.FetchCore.Work;

/// <summary>
/// Upkeep of mirrors, one at a time: those asked for, and every few minutes a look at all. A mirror rests ten times as long as
/// its last upkeep took, so that a busy one costs a tenth of a core at most.
/// </summary>
public sealed class UpkeepQueue(BackgroundWork work, MirrorSet mirrors, MirrorUpkeep upkeep, TimeProvider time) : BackgroundService
{
    private const int RestFactor = 10;

    private static readonly TimeSpan s_minRest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_round = TimeSpan.FromMinutes(5);

    private readonly Channel<RepositoryName> _asked = Channel.CreateUnbounded<RepositoryName>();
    private readonly ConcurrentDictionary<RepositoryName, long> _queued = new();
    private readonly ConcurrentDictionary<RepositoryName, (long Ended, TimeSpan Pause)> _last = new();

    /// <summary>Asks for upkeep of a repository's mirror, soon.</summary>
    public void Ask(RepositoryName repository)
    {
        if (_queued.TryAdd(repository, time.GetTimestamp()))
        {
            _asked.Writer.TryWrite(repository);
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Task rounds = AskForAllAsync(stoppingToken);
        await foreach (RepositoryName repository in _asked.Reader.ReadAllAsync(stoppingToken))
        {
            _queued.TryRemove(repository, out _);
            if (mirrors.Find(repository) is { } mirror && HasRested(repository) && upkeep.IsDue(mirror))
            {
                long begun = time.GetTimestamp();
                await work.JoinOrBegin("upkeep", repository, token => RunAsync(mirror, token), out _);
                TimeSpan rest = RestFactor * time.GetElapsedTime(begun);
                _last[repository] = (time.GetTimestamp(), rest > s_minRest ? rest : s_minRest);
            }
        }

        await rounds;
    }

    private async Task<bool> RunAsync(Mirror mirror, CancellationToken stopping)
    {
        await upkeep.RunAsync(mirror, stopping);
        return true;
    }

    private bool HasRested(RepositoryName repository) =>
        !_last.TryGetValue(repository, out (long Ended, TimeSpan Pause) last) || time.GetElapsedTime(last.Ended) >= last.Pause;

    private async Task AskForAllAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_round, time);
        do
        {
            foreach (Mirror mirror in mirrors.All())
            {
                Ask(mirror.Name);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
