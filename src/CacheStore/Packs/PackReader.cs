using Waystation.CacheStore.Packs.Filling;
using Waystation.GitProtocol.Responses;

namespace Waystation.CacheStore.Packs;

/// <summary>
/// One reading of one answer, from disk or while it is still being made. Used by one request, from one thread at a time:
/// <code>
/// while (await reader.NextAsync(token) is { Kind: not PackStepKind.End } step)
/// {
///     // a step of Bytes: read exactly step.Length of them, in as many pieces as suits the destination,
///     await reader.ReadAsync(piece, token);
///     reader.Verify();            // which throws before these bytes are flushed to anybody
/// }
/// </code>
/// It reads straight into the destination's own memory and keeps no buffer of its own.
/// </summary>
public abstract class PackReader : IAsyncDisposable
{
    /// <summary>The sections before the packfile.</summary>
    public abstract FetchPrologue Prologue { get; }

    /// <summary>When the answer was made, or its making began.</summary>
    public abstract DateTimeOffset MadeAt { get; }

    /// <summary>Bytes of the whole pack, or null while it is not known.</summary>
    public abstract long? PackLength { get; }

    /// <summary>Waits for the next step. A step of bytes is never more than the rest of one block.</summary>
    /// <exception cref="FillFailedException">The answer being followed will never be whole.</exception>
    public abstract ValueTask<PackStep> NextAsync(CancellationToken cancellationToken);

    /// <summary>Fills all of <paramref name="destination"/>, which is at most what <see cref="NextAsync"/> offered.</summary>
    /// <exception cref="PackDamagedException">The file is shorter than it was.</exception>
    public abstract ValueTask ReadAsync(Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Compares the sum of the block that was read, where it was read to its end.</summary>
    /// <exception cref="PackDamagedException">The bytes are not those that were stored; the entry is quarantined.</exception>
    public abstract void Verify();

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();
}
