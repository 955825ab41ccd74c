namespace Waystation.Primaries;

/// <summary>The kind of server of a primary. It decides which spellings of a path, over HTTP and SSH, name the same repository.</summary>
public enum PrimaryKind
{
    /// <summary>Nothing is known: equal paths are one repository, all others are different ones.</summary>
    Generic,

    /// <summary>GitHub: letters' case and <c>.git</c> at the end do not matter.</summary>
    GitHub,

    /// <summary>GitLab: as GitHub.</summary>
    GitLab,

    /// <summary>Gitea and Forgejo: as GitHub.</summary>
    Gitea,

    /// <summary>Bitbucket Data Center: as GitHub, and HTTP has <c>scm/</c> before the path.</summary>
    Bitbucket,

    /// <summary>Azure DevOps: <c>ORG/PROJECT/_git/REPO</c> over HTTP is <c>v3/ORG/PROJECT/REPO</c> over SSH.</summary>
    Azure,

    /// <summary>Gerrit: <c>.git</c> does not matter, and HTTP may have <c>a/</c> before the path.</summary>
    Gerrit,
}
