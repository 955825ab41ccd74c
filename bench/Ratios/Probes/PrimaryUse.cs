namespace Waystation.Ratios.Probes;

/// <summary>The requests at the primary for one repository, with the packs that it made and the bytes that it sent.</summary>
/// <param name="Probes">Requests without a credential that were told to bring one: every client begins so, through a node or not.</param>
/// <param name="Requests">All others.</param>
/// <param name="Bytes">Of the bodies of all its answers.</param>
/// <param name="Packs">That it made.</param>
internal sealed record PrimaryUse(int Probes, int Requests, long Bytes, int Packs)
{
    private const int Unauthorized = 401;

    /// <summary>Between two looks at the log that have to agree: Apache writes a line a moment after the last byte has left.</summary>
    private static readonly TimeSpan s_writing = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    /// <summary>Does it, and counts until all has ended that it began.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="repository">The repository whose requests count.</param>
    /// <param name="work">The work.</param>
    /// <param name="others">Further nodes that are asked.</param>
    public static async Task<PrimaryUse> DuringAsync(
        Stage stage,
        PrimaryRepository repository,
        Func<Task> work,
        params IReadOnlyList<WaystationNode> others
    )
    {
        await SettleAsync(stage, others);
        int packs = repository.PacksMade,
            seen = stage.Primary.Requests.Count;
        await work();
        await SettleAsync(stage, others);
        List<PrimaryRequest> asked =
        [
            .. stage
                .Primary.Requests.Skip(seen)
                .Where(request => request.Path.StartsWith($"/{repository.Name}/", StringComparison.Ordinal)),
        ];
        int probes = asked.Count(static request => request.Status == Unauthorized);
        return new PrimaryUse(probes, asked.Count - probes, asked.Sum(static request => request.Bytes), repository.PacksMade - packs);
    }

    /// <summary>Waits until neither nodes nor the primary run git any more, and all requests stand in the log.</summary>
    public static Task SettleAsync(Stage stage, params IReadOnlyList<WaystationNode> others)
    {
        WaystationNode[] nodes = [stage.Node, .. others];
        return Eventually.TrueAsync(
            "nodes and primary have nothing to do",
            async () =>
            {
                int before = stage.Primary.Requests.Count;
                foreach (WaystationNode node in nodes)
                {
                    if ((await node.MetricsAsync()).Sum("waystation_work_running") > 0)
                    {
                        return false;
                    }
                }

                await Task.Delay(s_writing);
                return stage.Primary.Requests.Count == before
                    && !RunsGit(stage.Primary.ProcessId)
                    && !nodes.Any(static node => RunsGit(node.ProcessId));
            },
            s_patience
        );
    }

    private static bool RunsGit(int root) => ProcessTree.Of(root).HasWorkingGit;
}
