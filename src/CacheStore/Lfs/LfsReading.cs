using System.IO.Pipelines;

namespace Waystation.CacheStore.Lfs;

/// <summary>One reading of one object, from disk or while it comes. For one request, and one thread at a time.</summary>
public abstract class LfsReading : IAsyncDisposable
{
    /// <summary>Where the bytes come from. It may change until <see cref="WaitAsync"/> has completed.</summary>
    public abstract LfsServed Served { get; }

    /// <summary>Completes with null when bytes can leave, else with the reason for the client.</summary>
    public abstract Task<LfsRefusal?> WaitAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Writes <paramref name="count"/> bytes, from the byte <paramref name="from"/> on, as they come. Once for each reading.
    /// </summary>
    /// <exception cref="LfsBrokenException">The object breaks off or is damaged. The caller aborts the client's connection, because bytes
    /// that it has not flushed may be wrong.</exception>
    public abstract Task CopyToAsync(PipeWriter output, long from, long count, CancellationToken cancellationToken);

    /// <summary>
    /// Waits until the object is stored or known to be whole, without reading it; false if it will not be, or is not kept.
    /// </summary>
    public abstract Task<bool> EndAsync(CancellationToken cancellationToken);

    /// <inheritdoc />
    public abstract ValueTask DisposeAsync();
}
