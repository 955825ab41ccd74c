namespace Waystation.FetchCore.Access;

/// <summary>The objects that a primary gives to a credential that may read the repository.</summary>
public enum VisibilityRule
{
    /// <summary>Objects that were advertised to it, and objects that are reachable from these. This is right for every primary.</summary>
    Advertised,

    /// <summary>Any reachable object of the repository, as GitHub and GitLab do.</summary>
    Repository,
}
