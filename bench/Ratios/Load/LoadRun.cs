using System.Diagnostics;

namespace Waystation.Ratios.Load;

/// <summary>A closed loop: each of the workers asks the next thing when it has the answer to the last.</summary>
internal sealed class LoadRun(LoadMix mix)
{
    public const int Workers = 16;

    /// <summary>What the workers ask, and its times.</summary>
    public LoadMix Mix => mix;

    /// <summary>Jobs that ended.</summary>
    public int Jobs { get; private set; }

    /// <summary>From the beginning until the last worker had its last answer.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>The number of pushes meanwhile.</summary>
    public int Pushes { get; private set; }

    /// <summary>Begins no request any more after this time, and returns when all have ended.</summary>
    public async Task RunAsync(Pusher pusher, TimeSpan time, int seed, int workers = Workers)
    {
        using var over = new CancellationTokenSource(time);
        long begun = Stopwatch.GetTimestamp();
        Task<int> pushing = pusher.RunAsync(mix.Door, over.Token);
        int[] jobs = await Task.WhenAll(
            Enumerable.Range(0, workers).Select(worker => WorkAsync(new Random((seed * workers) + worker), over.Token))
        );
        (Jobs, Elapsed) = (jobs.Sum(), Stopwatch.GetElapsedTime(begun));
        Pushes = await pushing;
    }

    private async Task<int> WorkAsync(Random random, CancellationToken over)
    {
        int jobs = 0;
        for (; !over.IsCancellationRequested; jobs++)
        {
            await mix.AskAsync(random);
        }

        return jobs;
    }
}
