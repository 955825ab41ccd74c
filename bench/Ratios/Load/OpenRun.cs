using System.Diagnostics;

namespace Waystation.Ratios.Load;

/// <summary>An open loop: jobs begin at a fixed rate, whether the answers to those before are back or not, as in a building.</summary>
internal sealed class OpenRun(LoadMix mix)
{
    /// <summary>Begins jobs for this time, and returns when all have ended.</summary>
    /// <param name="pusher">Pushes meanwhile.</param>
    /// <param name="rate">Jobs a second.</param>
    /// <param name="time">How long jobs begin.</param>
    /// <param name="seed">Of the mix.</param>
    /// <returns>The number of jobs.</returns>
    public async Task<int> RunAsync(Pusher pusher, double rate, TimeSpan time, int seed)
    {
        using var over = new CancellationTokenSource(time);
        Task<int> pushing = pusher.RunAsync(mix.Door, over.Token);
        var random = new Random(seed);
        List<Task> jobs = [];
        long begun = Stopwatch.GetTimestamp();
        for (TimeSpan due = TimeSpan.Zero; due < time; due += TimeSpan.FromSeconds(1 / rate))
        {
            TimeSpan left = due - Stopwatch.GetElapsedTime(begun);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left);
            }

            jobs.Add(mix.AskAsync(new Random(random.Next())));
        }

        await Task.WhenAll(jobs);
        await pushing;
        return jobs.Count;
    }
}
