using Waystation.CacheStore;
using Waystation.FetchCore.Access;

namespace Waystation.Primaries.Gate;

/// <summary>A request to upload-pack, as <see cref="PrimaryGate"/> wants to know it.</summary>
/// <param name="Repository">Of which repository.</param>
/// <param name="Credential">In whose name.</param>
/// <param name="AsksForRefs">It asks for refs only: small, the same however often it is sent, and so good evidence of whether a repository
/// is served.</param>
/// <param name="CalledBy">Scheme and name by which the client called the node; null where no client asks.</param>
public sealed record UpstreamRead(RepositoryName Repository, Credential Credential, bool AsksForRefs, string? CalledBy = null)
{
    /// <summary>The address of the client that asks; null where it is not known.</summary>
    public string? From { get; init; }

    /// <summary>Its body lies in memory, so that it can be sent again.</summary>
    public bool IsRepeatable { get; init; } = true;

    /// <summary>Whether the primary lately accepted this credential for this repository.</summary>
    public Func<bool> WasAccepted { get; init; } = static () => false;
}
