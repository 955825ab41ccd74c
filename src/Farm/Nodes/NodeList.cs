namespace Waystation.Farm.Nodes;

/// <summary>The list of nodes for operators: those that showed themselves within the hour, and those on which operators decided.</summary>
internal static class NodeList
{
    private const string Gone = "gone";

    public static IReadOnlyList<ListedNode> Of(
        FarmNode self,
        DateTimeOffset started,
        DateTimeOffset now,
        IReadOnlyList<OtherNode> others,
        IEnumerable<Verdict> verdicts
    )
    {
        // Each active node owns as many repositories as any other (rendezvous hashing).
        double share = 1.0 / Math.Max(1, others.Count(static one => one.IsAlive && IsOwner(one.Node)) + (IsOwner(self) ? 1 : 0));
        var own = new ListedNode(
            self.Name,
            self.Url,
            Word(self.State),
            self.Version,
            started,
            now,
            IsOwner(self) ? share : 0,
            IsSelf: true
        );
        IEnumerable<ListedNode> seen = others.Select(one => new ListedNode(
            one.Node.Name,
            one.Node.Url,
            one.IsAlive || one.Node.State == NodeState.Removed ? Word(one.Node.State) : Gone,
            one.Node.Version,
            one.Started,
            now - one.Ago,
            one.IsAlive && IsOwner(one.Node) ? share : 0,
            IsSelf: false
        ));
        IEnumerable<ListedNode> decided = verdicts
            .Where(verdict => verdict.Name != self.Name && !others.Any(one => one.Node.Name == verdict.Name))
            .Select(static verdict => new ListedNode(
                verdict.Name,
                null,
                verdict.IsApproved ? Gone : Word(NodeState.Removed),
                null,
                null,
                null,
                0,
                IsSelf: false
            ));
        return [.. seen.Concat(decided).Append(own).OrderBy(static node => node.Name, StringComparer.Ordinal)];
    }

    private static bool IsOwner(FarmNode node) => node.State == NodeState.Active;

    private static string Word(NodeState state) =>
        state switch
        {
            NodeState.Pending => "pending",
            NodeState.Active => "active",
            NodeState.Draining => "draining",
            _ => "removed",
        };
}
