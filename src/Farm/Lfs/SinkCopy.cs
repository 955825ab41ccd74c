using System.Buffers;
using System.IO.Pipelines;
using Waystation.CacheStore.Lfs;
using Waystation.Farm.Peers;
using Waystation.Farm.Peers.Frames;
using Waystation.Farm.Peers.Messages;

namespace Waystation.Farm.Lfs;

/// <summary>Moves objects between sources, sinks and nodes.</summary>
internal static class SinkCopy
{
    /// <summary>Copies a response of a node to its end.</summary>
    /// <exception cref="IOException">It breaks off.</exception>
    public static async Task CopyToAsync(this SealedReader from, ILfsSink sink)
    {
        byte[] block = ArrayPool<byte>.Shared.Rent(SealedWriter.MaxContent);
        try
        {
            int read;
            while ((read = await from.ReadAsync(block, sink.Stopping)) > 0)
            {
                await sink.WriteAsync(block.AsMemory(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    /// <summary>Sends another node what a writer writes, behind the head of a reply.</summary>
    /// <param name="call">The request of the node.</param>
    /// <param name="write">Writes the object, or returns why there is none. Its failure breaks the response off.</param>
    /// <param name="cancellationToken">The call's.</param>
    public static async Task ReplyAsync(
        this PeerCall call,
        Func<PipeWriter, CancellationToken, Task<LfsRefusal?>> write,
        CancellationToken cancellationToken
    )
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pipe = new Pipe(
            new PipeOptions(pauseWriterThreshold: 4 * SealedWriter.MaxContent, resumeWriterThreshold: SealedWriter.MaxContent)
        );
        Task<LfsRefusal?> writing = WriteAsync(pipe.Writer, write, over.Token);
        try
        {
            // The first bytes, or the end: only then it is known whether there is an object.
            ReadResult first = await call.PulseUntilAsync(pipe.Reader.ReadAsync(cancellationToken).AsTask(), cancellationToken);
            if (first.IsCompleted && first.Buffer.IsEmpty && await writing is { } refusal)
            {
                await call.Response.WriteHeadAsync(new ObjectReplyMessage(HasObject: false, refusal), cancellationToken);
                return;
            }

            await call.Response.WriteHeadAsync(new ObjectReplyMessage(HasObject: true), cancellationToken);
            pipe.Reader.AdvanceTo(first.Buffer.Start);
            await call.CopyAsync(pipe.Reader, cancellationToken);
        }
        finally
        {
            await over.CancelAsync();
            await pipe.Reader.CompleteAsync();
            await ((Task)writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<LfsRefusal?> WriteAsync(
        PipeWriter output,
        Func<PipeWriter, CancellationToken, Task<LfsRefusal?>> write,
        CancellationToken cancellationToken
    )
    {
        Exception? failure = null;
        try
        {
            return await write(output, cancellationToken);
        }
        catch (Exception e) when (e is LfsBrokenException or IOException or OperationCanceledException)
        {
            failure = e as IOException ?? new IOException(e.Message, e);
            return null;
        }
        finally
        {
            await output.CompleteAsync(failure);
        }
    }
}
