namespace Waystation.FetchCore.Access;

/// <summary>Which objects a primary gives to a credential that may read the repository.</summary>
public enum VisibilityRule
{
    /// <summary>What was advertised to it, or is reachable from that: right for every primary.</summary>
    Advertised,

    /// <summary>Any reachable object of the repository, as GitHub and GitLab do.</summary>
    Repository,
}
