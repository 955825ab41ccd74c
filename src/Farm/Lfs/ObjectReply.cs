using System.IO.Pipelines;
using Waystation.CacheStore.Lfs;
using Waystation.Farm.Peers;
using Waystation.Farm.Peers.Frames;
using Waystation.Farm.Peers.Messages;

namespace Waystation.Farm.Lfs;

/// <summary>Sends an object to another node.</summary>
internal static class ObjectReply
{
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
