using Waystation.FetchCore.Memory;

namespace Waystation.Proxy.Hosting;

/// <summary>
/// Gives memory back to the system after a storm of requests. The runtime collects only when memory is allocated, so a node that has become
/// quiet would keep the memory of the storm.
/// </summary>
internal sealed class MemoryTrim(RequestMemory memory, TimeProvider time) : BackgroundService
{
    private const long Mebibyte = 1 << 20;

    /// <summary>Less than this is not worth the pause of a whole collection.</summary>
    private const long WorthIt = 48 * Mebibyte;

    /// <summary>A node that allocates no more than this between two checks is quiet: a pause then disturbs no client.</summary>
    private const long Quiet = 16 * Mebibyte;

    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_every, time);
        long allocated = GC.GetTotalAllocatedBytes(),
            kept = 0,
            held = 0;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            (long last, allocated) = (allocated, GC.GetTotalAllocatedBytes());
            bool isQuiet = allocated - last <= Quiet;

            // A check in the middle of a storm may find all memory in use. Memory that requests have given back since calls for another
            // one.
            if (isQuiet && (Environment.WorkingSet >= kept + WorthIt || held - memory.Held >= WorthIt))
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                (kept, held) = (Environment.WorkingSet, memory.Held);
            }
        }
    }
}
