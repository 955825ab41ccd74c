using Waystation.CacheStore;
using Waystation.CacheStore.Lfs;
using Waystation.Farm.Peers.Messages;
using Waystation.FetchCore.Lfs;
using Waystation.GitProtocol.Lfs;

namespace Waystation.Farm.Lfs;

/// <summary>A question for an LFS object. The asking node has the primary's permission for its client.</summary>
/// <param name="Wish">What the node is to do.</param>
/// <param name="Host">The host of the repository.</param>
/// <param name="Path">The path of the repository.</param>
/// <param name="Id">The object's SHA-256, in hexadecimal.</param>
/// <param name="Size">The object's length in bytes.</param>
internal sealed record ObjectMessage(ObjectWish Wish, string Host, string Path, string Id, long Size)
{
    /// <summary>The source, if each node can download from it.</summary>
    public LfsSourceParts? Source { get; init; }

    /// <summary>The credential for which the primary named the source.</summary>
    public string? Credential { get; init; }

    /// <summary>The number under which the asking node has its own source.</summary>
    public string? Call { get; init; }

    /// <summary>Whether only strangers want the object at the asking node.</summary>
    public bool IsOfStranger { get; init; }

    public RepositoryName Repository => new(Host, Path);

    public static ObjectMessage Of(ObjectWish wish, RepositoryName repository, LfsObject asked) =>
        new(wish, repository.Host, repository.Path, asked.Id.ToString(), asked.Size);

    /// <summary>The object.</summary>
    /// <exception cref="IOException">It is none.</exception>
    public LfsObject ToObject() =>
        LfsObjectId.TryParse(Id.AsSpan(), out LfsObjectId id) && Size >= 0
            ? new LfsObject(id, Size)
            : throw new IOException("a peer asked for an object that is none");
}

/// <summary>What a node is to do about an object.</summary>
internal enum ObjectWish
{
    /// <summary>Send it. Without it, get it first.</summary>
    Send,

    /// <summary>Send it if it is stored.</summary>
    SendStored,

    /// <summary>Say whether it is stored.</summary>
    Tell,

    /// <summary>Take it from the asking node, and say whether it is stored then.</summary>
    Take,
}

/// <summary>The head of the reply to an <see cref="ObjectMessage"/> or a <see cref="SourceMessage"/>.</summary>
/// <param name="HasObject">Whether there is an object. If it was to be sent, its bytes follow.</param>
/// <param name="Refusal">Why there is none, for the client; null if another node may know more.</param>
internal sealed record ObjectReplyMessage(bool HasObject, LfsRefusal? Refusal = null);

/// <summary>A question for the bytes of a source that only the asked node can use.</summary>
/// <param name="Call">The number of the source, as an <see cref="ObjectMessage"/> said.</param>
/// <param name="Target">Instead of it: the URL that the asked node signed.</param>
internal sealed record SourceMessage(string? Call, string? Target);
