namespace Waystation.Primaries.Gate;

/// <summary>The primary's answer to the node's own question for a repository.</summary>
public enum OwnAnswer
{
    /// <summary>It refused the node, or its response cannot be read. It may serve others.</summary>
    Unknown,

    /// <summary>A Git response.</summary>
    Serves,

    /// <summary>A status of a failure.</summary>
    Fails,
}
