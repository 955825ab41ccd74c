using Waystation.CacheStore;

namespace Waystation.FetchCore.Access.Tickets;

/// <summary>Whose permission a refusal ends.</summary>
public abstract record RefusalScope
{
    private RefusalScope() { }

    /// <summary>Everybody's for every repository: refusals may have been missed.</summary>
    public static RefusalScope All { get; } = new Everything();

    /// <summary>That of one credential for one repository.</summary>
    /// <param name="Repository">The repository.</param>
    /// <param name="Credential">The credential.</param>
    public sealed record One(RepositoryName Repository, Credential Credential) : RefusalScope;

    /// <summary>
    /// That of all logins, or of all without a login, for one repository: another node was refused, and its digests differ from those
    /// of this node.
    /// </summary>
    /// <param name="Repository">The repository.</param>
    /// <param name="IsAnonymous">Whether the refused credential has no login.</param>
    public sealed record Many(RepositoryName Repository, bool IsAnonymous) : RefusalScope;

    internal sealed record Everything : RefusalScope;
}
