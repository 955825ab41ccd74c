namespace Waystation.Farm.Nodes;

/// <summary>What is fixed about this node in the farm.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Url">The URL at which other nodes reach it.</param>
/// <param name="Version">The version of its program.</param>
/// <param name="NeedsApproval">Whether nodes hold nothing until an operator approves them.</param>
/// <param name="Folder">The folder in which it keeps what it knows of the farm.</param>
public sealed record OwnNode(string Name, Uri Url, string Version, bool NeedsApproval, string Folder);
