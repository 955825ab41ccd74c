using System.Buffers;

namespace Waystation.FetchCore.Primaries;

/// <summary>Passes a pack to a sync, and watches that the primary does not fall silent.</summary>
/// <param name="write">Takes the bytes.</param>
/// <param name="life">The watch.</param>
internal sealed class TransferSink(Func<ReadOnlySequence<byte>, CancellationToken, ValueTask> write, SignsOfLife life) : IPackSink
{
    public ValueTask WriteAsync(ReadOnlySequence<byte> pack, CancellationToken cancellationToken) => write(pack, cancellationToken);

    public void ShowProgress(ReadOnlySequence<byte> text)
    {
        // No client waits for progress.
    }

    public void Hear() => life.Note();

    public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
