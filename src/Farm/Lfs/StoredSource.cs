using System.IO.Pipelines;
using Waystation.CacheStore;
using Waystation.CacheStore.Lfs;
using Waystation.FetchCore.Lfs;
using Waystation.GitProtocol.Lfs;

namespace Waystation.Farm.Lfs;

/// <summary>An object that this node has stored.</summary>
internal sealed class StoredSource(LfsStore store, RepositoryName repository, LfsObject stored) : ILfsSource
{
    /// <inheritdoc />
    public int Bytes => 64;

    /// <inheritdoc />
    public LfsSourceParts? Parts => null;

    /// <inheritdoc />
    public async Task FillAsync(ILfsSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        if (store.TryOpenStored(repository, stored) is not { } reading)
        {
            sink.Refuse(LfsRefusals.SourceIsOver);
            return;
        }

        await using (reading)
        {
            if (await reading.WaitAsync(sink.Stopping) is { } refusal)
            {
                sink.Refuse(refusal);
                return;
            }

            var pipe = new Pipe();
            Task reads = ReadAsync(reading, pipe.Writer, sink.Stopping);
            try
            {
                await using Stream body = pipe.Reader.AsStream();
                await body.CopyToAsync(sink);
            }
            finally
            {
                // It ends with the stream, also if the sink takes no more.
                await reads;
            }
        }
    }

    private async Task ReadAsync(LfsReading reading, PipeWriter output, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            await reading.CopyToAsync(output, 0, stored.Size, cancellationToken);
        }
        catch (Exception e) when (e is LfsBrokenException or IOException or OperationCanceledException)
        {
            failure = e;
        }

        await output.CompleteAsync(failure);
    }
}
