namespace Waystation.Farm.Nodes;

/// <summary>The nodes of the farm, as this node knows them now.</summary>
public interface IFarmNodes
{
    /// <summary>This node.</summary>
    FarmNode Self { get; }

    /// <summary>
    /// The active and draining nodes that have shown themselves lately, this node among them. Without Redis, and while this node is
    /// pending or removed, the list has no other node.
    /// </summary>
    IReadOnlyList<FarmNode> Members { get; }

    /// <summary>The member of this name; null if there is none now. Requests of others are refused.</summary>
    FarmNode? Find(string name);
}
