using Waystation.CacheStore;
using Waystation.FetchCore.Access;

namespace Waystation.Primaries.Gate;

/// <summary>A request to upload-pack, for <see cref="PrimaryGate"/>.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Credential">The credential.</param>
/// <param name="AsksForRefs">Whether it asks for refs only: small, the same however often it is sent, and so good evidence of whether a
/// repository is served.</param>
/// <param name="CalledBy">Scheme and name by which the client called the node; null if no client asks.</param>
public sealed record UpstreamRead(RepositoryName Repository, Credential Credential, bool AsksForRefs, string? CalledBy = null)
{
    /// <summary>The address of the client; null if it is not known.</summary>
    public string? From { get; init; }

    /// <summary>Whether its body is in memory, so that it can be sent again.</summary>
    public bool IsRepeatable { get; init; } = true;

    /// <summary>Whether the primary lately accepted this credential for this repository.</summary>
    public Func<bool> WasAccepted { get; init; } = static () => false;
}
