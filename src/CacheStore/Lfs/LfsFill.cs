using Waystation.GitProtocol.Lfs;

namespace Waystation.CacheStore.Lfs;

/// <summary>The writing side of an object that comes: its source writes here, in one thread at a time.</summary>
public sealed class LfsFill
{
    internal LfsFill(LfsObject lfsObject, CancellationToken stopping) => (Object, Stopping) = (lfsObject, stopping);

    /// <summary>The object.</summary>
    public LfsObject Object { get; }

    /// <summary>Cancelled when the node stops, or when no client wants the object any more.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>Takes the next bytes of the object and shows them to the readers.</summary>
    /// <exception cref="LfsBrokenException">There are more bytes than the object has.</exception>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes) => throw new NotSupportedException();

    /// <summary>The source has no byte for the client that began the fill. Call it before the first byte, then return.</summary>
    public void Refuse(LfsRefusal refusal) => throw new NotSupportedException();
}
