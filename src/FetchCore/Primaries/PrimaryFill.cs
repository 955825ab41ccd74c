using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Waystation.CacheStore.Packs;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Fetching;

namespace Waystation.FetchCore.Primaries;

/// <summary>
/// Moves the primary's answer to a fetch into a fill: what is said first, then the pack out of its framing, if it has one.
/// </summary>
internal static class PrimaryFill
{
    /// <summary>The shallow boundary of half a million commits fits. It guards memory against a primary that never comes to its
    /// pack.</summary>
    private const long MaxPrologue = 32 << 20;

    /// <summary>
    /// Reads the sections before the packfile. Null where the answer holds no pack; then nothing of the body is consumed,
    /// so that it can be handed on whole.
    /// </summary>
    public static async Task<FetchPrologue?> ReadPrologueAsync(
        PipeReader body,
        FetchRequest request,
        ResponseFraming framing,
        CancellationToken cancellationToken
    )
    {
        var codec = new ResponseCodec(request, framing);
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = read.Buffer;
            AnswerStart start;
            FetchPrologue? prologue;
            try
            {
                start = codec.TryReadPrologue(ref buffer, out prologue);
            }
            catch (GitProtocolException)
            {
                // Not for us to judge: the client gets what the primary said.
                start = AnswerStart.NoPack;
                prologue = null;
            }

            if (start == AnswerStart.Pack)
            {
                body.AdvanceTo(buffer.Start);
                return prologue;
            }

            if (start == AnswerStart.NoPack || read.IsCompleted || read.Buffer.Length > MaxPrologue)
            {
                body.AdvanceTo(read.Buffer.Start);
                return null;
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Moves the pack, to its end and its check.</summary>
    /// <exception cref="FillFailedException">The answer broke off, or the primary reported an error.</exception>
    public static Task CopyPackAsync(PipeReader body, ResponseFraming framing, Fill fill, CancellationToken cancellationToken) =>
        framing.HasBands ? CopyBandsAsync(body, fill, cancellationToken) : CopyBareAsync(body, fill, cancellationToken);

    private static async Task CopyBandsAsync(PipeReader body, Fill fill, CancellationToken cancellationToken)
    {
        var bound = new ProgressBound();
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = read.Buffer;
            while (FetchAnswerReader.TryReadBand(ref buffer, out BandLine band))
            {
                switch (band.Kind)
                {
                    case BandKind.PackData:
                        await fill.WriteAsync(band.Payload, cancellationToken);
                        break;
                    case BandKind.Progress:
                        bound.Count(band.Payload.Length);
                        fill.ShowProgress(band.Payload);
                        break;
                    case BandKind.Error:
                        await fill.FlushAsync(cancellationToken);
                        throw new FillFailedException(
                            "the primary reported an error within its answer",
                            Encoding.UTF8.GetString(band.Payload)
                        );
                    case BandKind.End:
                        await fill.CompleteAsync(cancellationToken);
                        return;
                    case BandKind.Keepalive:
                        bound.Count(0);
                        fill.Hear();
                        break;
                }
            }

            await fill.FlushAsync(cancellationToken);
            body.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
            {
                throw new FillFailedException("the primary's answer broke off");
            }
        }
    }

    /// <summary>Nothing but the end of the stream ends a bare pack; whether it is whole, only its trailer tells.</summary>
    private static async Task CopyBareAsync(PipeReader body, Fill fill, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellationToken);
            await fill.WriteAsync(read.Buffer, cancellationToken);
            await fill.FlushAsync(cancellationToken);
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                await fill.CompleteAsync(cancellationToken);
                return;
            }
        }
    }
}
