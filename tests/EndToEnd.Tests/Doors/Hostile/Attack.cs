using System.Net.Sockets;

namespace Waystation.EndToEnd.Tests.Doors.Hostile;

/// <summary>One way to be hostile, again and again until the time is over. What the node does to it is no failure of the test.</summary>
/// <param name="Name">What it does.</param>
/// <param name="Workers">How many do it at once.</param>
/// <param name="Pause">The wait between two tries of one worker.</param>
/// <param name="TryAsync">One try, by the attack's number.</param>
internal sealed record Attack(string Name, int Workers, TimeSpan Pause, Func<Target, int, Random, CancellationToken, Task> TryAsync)
{
    private int _tries;

    public static IReadOnlyList<Attack> All =>
        [
            new("slow readers", 10, TimeSpan.Zero, SlowClients.ReadSlowlyAsync),
            new("silent readers", 10, TimeSpan.Zero, SlowClients.ReadNothingAsync),
            new("slow bodies", 10, TimeSpan.Zero, SlowClients.SendBodySlowlyAsync),
            new("slow heads", 10, TimeSpan.Zero, SlowClients.SendHeadSlowlyAsync),
            new("silent connections", 30, TimeSpan.Zero, SlowClients.SayNothingAsync),
            new("half handshakes", 30, TimeSpan.Zero, SlowClients.HalfHandshakeAsync),
            new("silent SSH connections", 10, TimeSpan.Zero, SlowClients.SayNothingOverSshAsync),
            new("connection flood", 2, TimeSpan.FromMilliseconds(50), Floods.ConnectAsync),
            new("request flood", 2, TimeSpan.FromMilliseconds(50), Floods.AskAsync),
            new("rapid reset", 2, TimeSpan.FromMilliseconds(200), RapidReset.RunAsync),
            new("random bytes", 2, TimeSpan.FromMilliseconds(50), Floods.SendRandomBytesAsync),
            new("random bytes over TLS", 1, TimeSpan.FromMilliseconds(100), Floods.SendRandomBytesOverTlsAsync),
            new("random bytes over SSH", 1, TimeSpan.FromMilliseconds(500), Floods.SendRandomBytesOverSshAsync),
            new("crawler", 1, TimeSpan.FromMilliseconds(500), Crawler.AskAsync),
        ];

    public int Tries => _tries;

    public Task RunAsync(Target target, int number, int seed, CancellationToken over) =>
        Task.WhenAll(
            Enumerable.Range(0, Workers).Select(worker => WorkAsync(target, number, new Random(seed + (number * 100) + worker), over))
        );

    private async Task WorkAsync(Target target, int number, Random random, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            Interlocked.Increment(ref _tries);
            try
            {
                await TryAsync(target, number, random, over);
                await Task.Delay(Pause, over);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or HttpRequestException)
            {
                // The node has ended it, or the time is over. Attackers are patient: they do not use up this machine.
                await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None);
            }
        }
    }
}
