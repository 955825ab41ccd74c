using System.Buffers;
using System.IO.Pipelines;

namespace Waystation.CacheStore.Streams;

/// <summary>Shows bytes on their way out of a pipe, a segment at a time, in order.</summary>
public static class PipeTap
{
    /// <summary>Takes the rest of a pipe.</summary>
    public static Task ReadToEndAsync(this PipeReader pipe, CancellationToken cancellationToken) =>
        pipe.ReadToEndAsync(static _ => { }, cancellationToken);

    /// <summary>Shows the rest of a pipe.</summary>
    /// <param name="pipe">The pipe.</param>
    /// <param name="show">Gets each segment.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="isEnough">Asked before each read: true ends the reading.</param>
    public static async Task ReadToEndAsync(
        this PipeReader pipe,
        Action<ReadOnlySpan<byte>> show,
        CancellationToken cancellationToken,
        Func<bool>? isEnough = null
    )
    {
        ArgumentNullException.ThrowIfNull(pipe);
        ArgumentNullException.ThrowIfNull(show);
        while (isEnough is null || !isEnough())
        {
            ReadResult read = await pipe.ReadAsync(cancellationToken);
            Show(read.Buffer, show);
            pipe.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>
    /// Copies the rest of a pipe to another, which is flushed after each read. Each segment is shown before it is copied.
    /// </summary>
    public static async Task CopyToAsync(
        this PipeReader pipe,
        PipeWriter to,
        Action<ReadOnlySpan<byte>> show,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(pipe);
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(show);
        while (true)
        {
            ReadResult read = await pipe.ReadAsync(cancellationToken);
            Show(read.Buffer, ShowAndWrite);
            pipe.AdvanceTo(read.Buffer.End);
            await to.FlushAsync(cancellationToken);
            if (read.IsCompleted)
            {
                return;
            }
        }

        void ShowAndWrite(ReadOnlySpan<byte> bytes)
        {
            show(bytes);
            to.Write(bytes);
        }
    }

    private static void Show(ReadOnlySequence<byte> buffer, Action<ReadOnlySpan<byte>> show)
    {
        foreach (ReadOnlyMemory<byte> segment in buffer)
        {
            show(segment.Span);
        }
    }
}
