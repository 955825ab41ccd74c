using System.Diagnostics.Metrics;

namespace Waystation.Farm.Nodes;

/// <summary>The metrics of the farm's nodes; their names are the program's contract.</summary>
public sealed class NodeMeters(Meter meter)
{
    /// <summary>Sets the source of the nodes.</summary>
    public void Observe(Func<IEnumerable<ListedNode>> list) =>
        meter.CreateObservableGauge(
            "waystation_nodes",
            () =>
                list()
                    .GroupBy(static node => node.State, StringComparer.Ordinal)
                    .Select(static group => new Measurement<int>(group.Count(), new KeyValuePair<string, object?>("state", group.Key))),
            description: "Nodes of the farm as this node sees them, by `state`: `active`, `draining`, `pending`, `removed`, `gone`."
        );
}
