using System.IO.Pipelines;
using Waystation.CacheStore.Lfs;

namespace Waystation.Farm.Lfs;

/// <summary>A sink that writes into a pipe.</summary>
internal sealed class PipedSink(PipeWriter output, CancellationToken stopping) : ILfsSink
{
    private bool _hasByte;

    /// <inheritdoc />
    public CancellationToken Stopping => stopping;

    /// <inheritdoc />
    public bool IsOfStrangers => false;

    /// <summary>Why there is no byte; null if the source gave no reason.</summary>
    public LfsRefusal? Refusal { get; private set; }

    /// <inheritdoc />
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        _hasByte |= !bytes.IsEmpty;
        await output.WriteAsync(bytes, stopping);
    }

    /// <inheritdoc />
    /// <exception cref="LfsBrokenException">A byte came before, so the object breaks off.</exception>
    public void Refuse(LfsRefusal refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        Refusal = _hasByte ? throw new LfsBrokenException(refusal.Message) : refusal;
    }
}
