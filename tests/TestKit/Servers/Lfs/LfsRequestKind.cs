namespace Waystation.TestKit.Servers.Lfs;

/// <summary>What was asked of an LFS primary.</summary>
public enum LfsRequestKind
{
    Batch,

    /// <summary>GET of an object.</summary>
    Get,

    /// <summary>HEAD of an object.</summary>
    Head,

    /// <summary>PUT of an object.</summary>
    Put,
    Verify,
    Locks,

    /// <summary>For <c>git-lfs-authenticate</c>.</summary>
    Authenticate,

    /// <summary>Everything that is not LFS.</summary>
    Git,
}
