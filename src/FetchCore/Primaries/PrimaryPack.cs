using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Waystation.GitProtocol.Fetching;

namespace Waystation.FetchCore.Primaries;

/// <summary>Takes a pack out of the framing of the primary's answer, if it has one.</summary>
internal static class PrimaryPack
{
    /// <summary>Hands on the pack's bytes as they come: to the flush-pkt that ends them, or, where there are no bands, to the end of the
    /// stream.</summary>
    /// <exception cref="PrimaryException">The answer broke off, or the primary reported an error; of a bare pack only its trailer says
    /// whether it is whole.</exception>
    public static Task CopyAsync(
        PipeReader body,
        ResponseFraming framing,
        Func<ReadOnlySequence<byte>, CancellationToken, ValueTask> write,
        SignsOfLife life
    ) => framing.HasBands ? CopyBandsAsync(body, write, life) : CopyBareAsync(body, write, life);

    private static async Task CopyBareAsync(
        PipeReader body,
        Func<ReadOnlySequence<byte>, CancellationToken, ValueTask> write,
        SignsOfLife life
    )
    {
        ReadResult read;
        do
        {
            read = await body.ReadAsync(life.Token);
            life.Note();
            await write(read.Buffer, life.Token);
            body.AdvanceTo(read.Buffer.End);
            life.Note();
        } while (!read.IsCompleted);
    }

    private static async Task CopyBandsAsync(
        PipeReader body,
        Func<ReadOnlySequence<byte>, CancellationToken, ValueTask> write,
        SignsOfLife life
    )
    {
        CancellationToken cancellationToken = life.Token;
        var bound = new ProgressBound();
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellationToken);
            life.Note();
            ReadOnlySequence<byte> buffer = read.Buffer;
            while (FetchAnswerReader.TryReadBand(ref buffer, out BandLine band))
            {
                switch (band.Kind)
                {
                    case BandKind.PackData:
                        await write(band.Payload, cancellationToken);
                        break;
                    case BandKind.Error:
                        throw new PrimaryException(
                            $"the primary reported an error within its answer: {Encoding.UTF8.GetString(band.Payload)}"
                        );
                    case BandKind.End:
                        return;
                    case BandKind.Progress or BandKind.Keepalive:
                        bound.Count(band.Payload.Length);
                        break;
                }
            }

            body.AdvanceTo(buffer.Start, buffer.End);

            // What was taken so long over here is not the primary's silence.
            life.Note();
            if (read.IsCompleted)
            {
                throw new PrimaryException("the primary's answer broke off");
            }
        }
    }
}
