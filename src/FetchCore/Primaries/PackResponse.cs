using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Primaries;

/// <summary>
/// Reads a response to a fetch, from the primary or from git on the node: first the prologue, then the pack, without its framing if it has
/// one.
/// </summary>
internal static class PackResponse
{
    /// <summary>
    /// The longest prologue; the shallow boundary of half a million commits fits. It guards memory against a source that never begins its
    /// pack.
    /// </summary>
    private const long MaxStart = 32 << 20;

    /// <summary>
    /// Reads the beginning of a response. If no pack follows, the body is not consumed, so it can be passed on whole. Then the prologue is
    /// that of a round of negotiation, or null for any other response.
    /// </summary>
    public static async Task<(bool IsPack, FetchPrologue? Prologue)> ReadStartAsync(
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
            ResponseStart start;
            FetchPrologue? prologue;
            try
            {
                start = codec.TryReadPrologue(ref buffer, out prologue);
            }
            catch (GitProtocolException)
            {
                // Unreadable: the client gets the source's bytes.
                start = ResponseStart.NoPack;
                prologue = null;
            }

            if (start == ResponseStart.Pack)
            {
                body.AdvanceTo(buffer.Start);
                return (true, prologue);
            }

            if (start == ResponseStart.NoPack || read.IsCompleted || read.Buffer.Length > MaxStart)
            {
                body.AdvanceTo(read.Buffer.Start);
                return (false, prologue);
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Reads the sections before the packfile. If no pack follows, it returns null and does not consume the body.</summary>
    public static async Task<FetchPrologue?> ReadPrologueAsync(
        PipeReader body,
        FetchRequest request,
        ResponseFraming framing,
        CancellationToken cancellationToken
    ) => await ReadStartAsync(body, request, framing, cancellationToken) is (IsPack: true, var prologue) ? prologue : null;

    /// <summary>
    /// Copies the pack to its end. Null if the response ended well; then only the pack's trailer shows whether the pack is whole.
    /// </summary>
    public static Task<PackBreak?> CopyPackAsync(
        PipeReader body,
        ResponseFraming framing,
        IPackSink sink,
        CancellationToken cancellationToken
    ) => framing.HasBands ? CopyBandsAsync(body, sink, cancellationToken) : CopyBareAsync(body, sink, cancellationToken);

    private static async Task<PackBreak?> CopyBandsAsync(PipeReader body, IPackSink sink, CancellationToken cancellationToken)
    {
        var bound = new ProgressBound();
        while (true)
        {
            ReadResult read = await body.ReadAsync(cancellationToken);
            sink.Hear();
            ReadOnlySequence<byte> buffer = read.Buffer;
            while (FetchResponseReader.TryReadBand(ref buffer, out BandLine band))
            {
                switch (band.Kind)
                {
                    case BandKind.PackData:
                        await sink.WriteAsync(band.Payload, cancellationToken);
                        break;
                    case BandKind.Progress:
                        bound.Count(band.Payload.Length);
                        sink.ShowProgress(band.Payload);
                        break;
                    case BandKind.Keepalive:
                        bound.Count(0);
                        break;
                    case BandKind.Error:
                        await sink.FlushAsync(cancellationToken);
                        return new PackBreak("the primary reported an error within its answer", Encoding.UTF8.GetString(band.Payload));
                    case BandKind.End:
                        await sink.FlushAsync(cancellationToken);
                        return null;
                }
            }

            await sink.FlushAsync(cancellationToken);
            body.AdvanceTo(buffer.Start, buffer.End);

            // Time that was spent here is not the source's silence.
            sink.Hear();
            if (read.IsCompleted)
            {
                return new PackBreak("the primary's response ended early");
            }
        }
    }

    /// <summary>A bare pack ends only with the stream.</summary>
    private static async Task<PackBreak?> CopyBareAsync(PipeReader body, IPackSink sink, CancellationToken cancellationToken)
    {
        ReadResult read;
        do
        {
            read = await body.ReadAsync(cancellationToken);
            sink.Hear();
            await sink.WriteAsync(read.Buffer, cancellationToken);
            await sink.FlushAsync(cancellationToken);
            body.AdvanceTo(read.Buffer.End);
            sink.Hear();
        } while (!read.IsCompleted);

        return null;
    }
}
