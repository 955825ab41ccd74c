using Waystation.CacheStore.Packs.Filling;
using Waystation.GitProtocol.Responses;

namespace Waystation.CacheStore.Packs;

/// <summary>
/// One reading of one pack, from disk or while it is being made. For one request, and one thread at a time:
/// <code>
/// while (await reader.NextAsync(token) is { Kind: not PackStepKind.End } step)
/// {
///     // a step of Bytes: read exactly step.Length of them, in as many pieces as suits the destination,
///     await reader.ReadAsync(piece, token);
///     reader.Verify();            // it throws before these bytes are flushed
/// }
/// </code>
/// It reads directly into the destination's memory and has no buffer of its own.
/// </summary>
public abstract class PackReader : IAsyncDisposable
{
    /// <summary>The sections before the packfile.</summary>
    public abstract FetchPrologue Prologue { get; }

    /// <summary>The time when the pack was made, or its making began.</summary>
    public abstract DateTimeOffset MadeAt { get; }

    /// <summary>Bytes of the whole pack, or null while it is not known.</summary>
    public abstract long? PackLength { get; }

    /// <summary>Waits for the next step. A step of bytes is never more than the rest of one block.</summary>
    /// <exception cref="FillFailedException">The fill that it follows will never be whole.</exception>
    public abstract ValueTask<PackStep> NextAsync(CancellationToken cancellationToken);

    /// <summary>Fills all of <paramref name="destination"/>, which is at most the rest of the step of <see cref="NextAsync"/>.</summary>
    /// <exception cref="PackDamagedException">The file is too short.</exception>
    public abstract ValueTask ReadAsync(Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Compares the checksum of the block, if it was read to its end.</summary>
    /// <exception cref="PackDamagedException">The bytes differ from the stored ones; the pack is quarantined.</exception>
    public abstract void Verify();

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();
}
