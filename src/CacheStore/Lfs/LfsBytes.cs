using System.IO.Pipelines;

namespace Waystation.CacheStore.Lfs;

/// <summary>A source of the bytes of one reading, which another source may replace while no byte has left.</summary>
internal abstract class LfsBytes : IAsyncDisposable
{
    /// <summary>Bytes of one piece: a quarter of a block, so that a block is a few pieces of the size that sockets like.</summary>
    protected const int PieceLength = Streams.BlockSums.BlockLength / 4;

    public abstract LfsServed Served { get; }

    /// <summary>Whether a byte has gone to the output.</summary>
    public bool HasSent { get; protected set; }

    /// <summary>Waits until bytes can leave.</summary>
    public abstract Task<LfsStart> StartAsync(CancellationToken cancellationToken);

    /// <summary>Writes bytes of the object.</summary>
    /// <exception cref="LfsBrokenException">It breaks off.</exception>
    public abstract Task CopyToAsync(PipeWriter output, long from, long count, CancellationToken cancellationToken);

    /// <summary>Waits until the object is whole; false if it will not be, or is not kept.</summary>
    public abstract Task<bool> EndAsync(CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    protected static async ValueTask FlushAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        FlushResult flushed = await output.FlushAsync(cancellationToken);
        if (flushed.IsCompleted || flushed.IsCanceled)
        {
            throw new OperationCanceledException("the client has left", cancellationToken);
        }
    }
}
