using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Farm;

/// <summary>The load of one repository on the primary during some work.</summary>
/// <param name="Packs">Packs that it made.</param>
/// <param name="PackBytes">Bytes of its answers that hold the large pack of <see cref="Large"/>.</param>
/// <param name="OtherBytes">Bytes of all its other answers, such as refs.</param>
/// <param name="Requests">Answers.</param>
internal sealed record FarmTraffic(int Packs, long PackBytes, long OtherBytes, int Requests)
{
    private const long Threshold = 500_000;

    /// <summary>A history whose answers with a whole pack are told from all others by their length.</summary>
    public static History Large { get; } = new(Seed: 41) { IncompressibleBytes = 2 << 20 };

    /// <summary>Does the work, and counts until nodes and primary have ended all that it began.</summary>
    public static async Task<FarmTraffic> DuringAsync(
        ApachePrimary primary,
        IReadOnlyList<WaystationNode> nodes,
        PrimaryRepository repository,
        Func<Task> work
    )
    {
        await SettleAsync(primary, nodes);
        int packs = repository.PacksMade,
            seen = primary.Requests.Count;
        await work();
        await SettleAsync(primary, nodes);
        List<PrimaryRequest> asked =
        [
            .. primary.Requests.Skip(seen).Where(request => request.Path.StartsWith($"/{repository.Name}/", StringComparison.Ordinal)),
        ];
        return new FarmTraffic(
            repository.PacksMade - packs,
            asked.Where(static request => request.Bytes >= Threshold).Sum(static request => request.Bytes),
            asked.Where(static request => request.Bytes < Threshold).Sum(static request => request.Bytes),
            asked.Count
        );
    }

    /// <summary>Waits until neither nodes nor primary run git or have background work, and all requests stand in the log.</summary>
    public static async Task SettleAsync(ApachePrimary primary, IReadOnlyList<WaystationNode> nodes)
    {
        int before = -1;
        await Eventually.TrueAsync(
            "nodes and primary have nothing to do",
            async () =>
            {
                int now = primary.Requests.Count;
                bool isSettled = now == before && !RunsGit(primary.ProcessId);
                foreach (WaystationNode node in nodes.Where(static node => node.IsRunning))
                {
                    isSettled = isSettled && !RunsGit(node.ProcessId) && (await node.MetricsAsync()).Sum("waystation_work_running") == 0;
                }

                before = now;
                return isSettled;
            },
            TimeSpan.FromSeconds(60)
        );
    }

    private static bool RunsGit(int root) => ProcessTree.Of(root).HasWorkingGit;
}
