namespace Waystation.Farm.Nodes;

/// <summary>A node of the farm, as the registry has it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Url">The URL at which other nodes reach it.</param>
/// <param name="State">Its state.</param>
/// <param name="Version">The version of its program.</param>
/// <param name="Incarnation">Changes with each start of its process.</param>
public sealed record FarmNode(string Name, Uri Url, NodeState State, string Version, string Incarnation);
