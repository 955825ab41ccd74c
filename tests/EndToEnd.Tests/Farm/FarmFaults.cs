using Waystation.EndToEnd.Tests.Farm.Histories;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>Breaks a farm in an order that comes from a seed: one thing at a time, with a moment of peace between two.</summary>
internal sealed class FarmFaults(FarmStation station, FarmHistory history, FarmClock clock, Random random)
{
    /// <summary>The faults so far, a sentence each.</summary>
    public List<string> Made { get; } = [];

    /// <summary>Breaks and mends until the time is over. At the end all is whole.</summary>
    public async Task RunAsync(CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            await WaitAsync(1500);
            await (
                random.Next(6) switch
                {
                    0 or 1 => KillNodeAsync(random.Next(station.Nodes.Count)),
                    2 => CutAsync(),
                    3 => FreezeRedisAsync(),
                    _ => KillRedisAsync(isEmpty: random.Next(2) == 0),
                }
            );
        }
    }

    private async Task KillNodeAsync(int node)
    {
        long begun = Note($"node {node} is killed");
        station.Nodes[node].Kill();
        long dead = clock.Now;
        await WaitAsync(3000);
        await station.Nodes[node].StartAgainAsync();
        history.Add(new RecordedDeath(node, begun, dead, clock.Now));
    }

    private async Task CutAsync()
    {
        int one = random.Next(station.Nodes.Count),
            other = (one + random.Next(1, station.Nodes.Count)) % station.Nodes.Count;
        Note($"the link between the nodes {one} and {other} is cut");
        using (station.Links.Cut(one, other))
        {
            await WaitAsync(6000);
        }
    }

    private async Task FreezeRedisAsync()
    {
        Note("Redis is frozen");
        station.Redis.Freeze();
        await WaitAsync(5000);
        station.Redis.Thaw();
    }

    private async Task KillRedisAsync(bool isEmpty)
    {
        Note($"Redis is killed, and comes back {(isEmpty ? "empty" : "with all that it had")}");
        station.Redis.Kill();
        await WaitAsync(3000);
        await station.Redis.StartAgainAsync(isEmpty);
    }

    private Task WaitAsync(int most) => Task.Delay(random.Next(most / 5, most));

    private long Note(string fault)
    {
        Made.Add($"{clock.Now} ms: {fault}");
        return clock.Now;
    }
}
