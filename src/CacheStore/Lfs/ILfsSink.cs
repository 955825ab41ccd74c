namespace Waystation.CacheStore.Lfs;

/// <summary>Takes one object from its source.</summary>
public interface ILfsSink
{
    /// <summary>Cancelled when nobody wants the object any more.</summary>
    CancellationToken Stopping { get; }

    /// <summary>Whether only strangers want the object.</summary>
    bool IsOfStrangers { get; }

    /// <summary>Takes the next bytes.</summary>
    /// <exception cref="LfsBrokenException">There are more bytes than the object has.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>The source has no byte. Call it before the first byte, then return.</summary>
    void Refuse(LfsRefusal refusal);
}
