namespace Waystation.Primaries.Gate;

/// <summary>What the primary answers when the node itself asks for a repository.</summary>
public enum OwnAnswer
{
    /// <summary>It refused the node, or said nothing that can be read: it may serve others.</summary>
    Unknown,

    /// <summary>Git's answer.</summary>
    Serves,

    /// <summary>A status that says that it fails.</summary>
    Fails,
}
