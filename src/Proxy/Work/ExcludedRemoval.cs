using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.FetchCore.Background;
using Waystation.Primaries;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Work;

/// <summary>
/// Removes the data of repositories that the operator has excluded, after <c>Projects:RemoveAfter</c>. A repository that is selected again
/// before keeps its data. Requests are forwarded from the moment of the exclusion.
/// </summary>
internal sealed class ExcludedRemoval(
    KeptRepositories kept,
    PrimaryMap primaries,
    RepositoryPurge purge,
    DataFolder folder,
    TimeProvider time,
    ILogger<ExcludedRemoval> logger
) : BackgroundService
{
    private static readonly TimeSpan s_longestStep = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_shortestStep = TimeSpan.FromMilliseconds(500);

    private readonly ExcludedSince _since = new(folder);

    /// <summary>Removes the data whose time is over.</summary>
    internal async Task LookAsync()
    {
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        List<RepositoryName> excluded = [.. kept.Names().Where(name => primaries.OfAny(name)?.IsSelected(name) == false)];
        foreach ((RepositoryName name, long since) in _since.Note(excluded, now))
        {
            if (primaries.OfAny(name) is { } primary && now - since >= primary.KeepsExcludedFor.TotalMilliseconds)
            {
                Purged gone = await purge.PurgeHereAsync(name);
                logger.ExcludedRemoved(name.ToString(), gone.MirrorBytes + gone.PackBytes + gone.LfsBytes);
            }
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TimeSpan step = primaries.ShortestGrace / 4;
        step =
            step > s_longestStep ? s_longestStep
            : step < s_shortestStep ? s_shortestStep
            : step;
        using var timer = new PeriodicTimer(step, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await LookAsync();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                logger.ExcludedStuck(e.Message);
            }
        }
    }
}
