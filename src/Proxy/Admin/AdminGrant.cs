namespace Waystation.Proxy.Admin;

/// <summary>The things that a token of the admin address allows. Each one includes those before it.</summary>
internal enum AdminGrant
{
    /// <summary>Only health and readiness.</summary>
    None,

    /// <summary>Pages that show something.</summary>
    Read,

    /// <summary>Actions: warm, sync, vet, purge, remove, explain, and decisions on nodes.</summary>
    Act,
}
