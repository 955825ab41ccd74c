namespace Waystation.Farm.Nodes;

/// <summary>The nodes of the farm, and what an operator may decide about them.</summary>
public interface INodeRegistry : IFarmNodes
{
    /// <summary>Whether this node has been asked to drain, or is about to stop.</summary>
    bool IsDraining { get; }

    /// <summary>All nodes that are known.</summary>
    IReadOnlyList<ListedNode> List();

    /// <summary>Begins or ends this node's draining.</summary>
    void Drain(bool isDraining);

    /// <summary>Asks another node to begin or to end its draining.</summary>
    void AskToDrain(string name, bool toDrain);

    /// <summary>Writes the decision of an operator: whether a node may take part. False if Redis does not answer.</summary>
    Task<bool> DecideAsync(string name, bool isApproved, CancellationToken cancellationToken);
}
