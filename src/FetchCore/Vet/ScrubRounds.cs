using Microsoft.Extensions.Hosting;
using Waystation.CacheStore;
using Waystation.CacheStore.Scrubbing;
using Waystation.FetchCore.Background;

namespace Waystation.FetchCore.Vet;

/// <summary>
/// Scrubs a share of the store at each step. It is no part of <see cref="VetRounds"/>, because a large file takes longer than a step of
/// theirs, and no mirror waits for it.
/// </summary>
public sealed class ScrubRounds(Scrubber scrubber, UpkeepWork upkeep, VetReport report, VetOptions options, TimeProvider time)
    : BackgroundService
{
    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Step, time);
        long before = time.GetTimestamp();
        do
        {
            long now = time.GetTimestamp();
            ScrubResult scrubbed = await scrubber.RunAsync(time.GetElapsedTime(before, now), stoppingToken);
            before = now;
            if (scrubbed.Bytes > 0)
            {
                report.Scrubbed(scrubbed.Bytes, scrubbed.Damaged);
            }

            foreach (RepositoryName read in scrubbed.Mirrors)
            {
                upkeep.AskIfDue(read);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
