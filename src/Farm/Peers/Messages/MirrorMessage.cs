using Waystation.CacheStore;

namespace Waystation.Farm.Peers.Messages;

/// <summary>A mirror of the asking node, to compare with that of its keeper.</summary>
/// <param name="Host">The host of the repository.</param>
/// <param name="Path">The path of the repository.</param>
/// <param name="Refs">The digest of its refs.</param>
internal sealed record MirrorMessage(string Host, string Path, byte[] Refs)
{
    public RepositoryName Repository => new(Host, Path);
}

/// <summary>
/// The head of the reply. If the mirrors differ, the refs of the keeper's follow, as <see cref="ViewBytes"/> writes them.
/// </summary>
/// <param name="HasMirror">Whether the keeper has a mirror.</param>
/// <param name="IsSame">Whether it has the same refs.</param>
internal sealed record MirrorReplyMessage(bool HasMirror, bool IsSame);
