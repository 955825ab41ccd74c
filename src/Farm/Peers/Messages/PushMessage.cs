using Waystation.CacheStore;
using Waystation.GitProtocol.Objects;

namespace Waystation.Farm.Peers.Messages;

/// <summary>
/// A push is coming: the keeper lets fetches wait for it. A <see cref="PushContentMessage"/> follows once the push is complete.
/// </summary>
/// <param name="Host">The host of the repository.</param>
/// <param name="Path">The path of the repository.</param>
internal sealed record PushMessage(string Host, string Path)
{
    public RepositoryName Repository => new(Host, Path);
}

/// <summary>The push is complete. The view follows, then the pack.</summary>
/// <param name="IsTaken">Whether the primary accepted it; if not, nothing follows.</param>
/// <param name="Format">The object format.</param>
/// <param name="Tips">The pushed tips, in hexadecimal.</param>
/// <param name="Gone">The removed refs.</param>
/// <param name="HasPack">Whether it has a pack.</param>
internal sealed record PushContentMessage(
    bool IsTaken,
    ObjectFormat Format = default,
    IReadOnlyList<string>? Tips = null,
    IReadOnlyList<string>? Gone = null,
    bool HasPack = false
);

/// <summary>Whether the keeper took the push in.</summary>
/// <param name="IsTaken">Whether it did.</param>
internal sealed record PushReplyMessage(bool IsTaken);
