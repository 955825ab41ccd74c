using System.Buffers;
using System.Text;
using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Requests;

namespace Waystation.GitProtocol.Responses;

/// <summary>
/// Writes and reads the response to one request: the one place that knows how the versions and the sidebands differ.
/// <code>
///             prologue              round                 pack                          end
///   v2        sections, packfile    sections, flush       bands of 65,515 bytes         flush
///   v0, v1    boundary, ACK, NAK    the same              bands of 65,515 or 995 bytes  flush
///                                                         bare: no bands                nothing: the stream ends
/// </code>
/// Without bands there is no place for progress, keepalives and errors, so it does not write them.
/// </summary>
/// <param name="request">The request that is answered.</param>
/// <param name="framing">The form of the response.</param>
public sealed class ResponseCodec(FetchRequest request, ResponseFraming framing)
{
    /// <summary>Whether the pack comes in bands.</summary>
    public bool HasBands => framing.HasBands;

    /// <summary>Whether the client wants progress, and its bands can carry it.</summary>
    public bool HasProgress => HasBands && !framing.NoProgress;

    /// <summary>The most pack bytes in one piece; with bands, in one packet.</summary>
    public int MaxPayload => framing.SidebandKind == SidebandKind.Sideband ? Sideband.MaxSmallBandPayload : Sideband.MaxBandPayload;

    /// <summary>
    /// Reads the part of a response before the pack, in the form that serves equal requests of every version. On
    /// <see cref="ResponseStart.Pack"/> the buffer is moved to the first band, or to the bare pack, else left as it is.
    /// </summary>
    /// <exception cref="GitProtocolException">The response is malformed, or its prologue is over the bound.</exception>
    public ResponseStart TryReadPrologue(ref ReadOnlySequence<byte> buffer, out FetchPrologue? prologue)
    {
        ReadOnlySequence<byte> whole = buffer;
        ResponseStart start =
            framing.ProtocolVersion == 2
                ? FetchResponseReader.TryReadPrologue(ref buffer, request.ObjectFormat, framing.SidebandAll, out prologue)
                : FetchResponseReader.TryReadPrologueV0(ref buffer, request, framing, out prologue);
        prologue = prologue?.ForAnyVersion(request);
        if (start == ResponseStart.Pack && prologue is { Ready: false } && !request.IsDone && request.Haves.Count > 0)
        {
            // A pack came without "ready". Other versions have no words for that, so the response must not be kept.
            buffer = whole;
            prologue = null;
            return ResponseStart.NoPack;
        }
        return start;
    }

    /// <summary>Writes the part before the pack.</summary>
    public void WritePrologue(IBufferWriter<byte> writer, FetchPrologue prologue)
    {
        if (framing.ProtocolVersion == 2)
        {
            FetchResponseWriter.WritePrologueV2(writer, prologue, framing.SidebandAll);
        }
        else
        {
            FetchResponseWriter.WritePrologueV0(writer, prologue, request, framing);
        }
    }

    /// <summary>Writes a whole response that is a round of negotiation without a pack.</summary>
    public void WriteRound(IBufferWriter<byte> writer, FetchPrologue prologue)
    {
        if (framing.ProtocolVersion == 2)
        {
            FetchResponseWriter.WriteRoundV2(writer, prologue, framing.SidebandAll);
        }
        else
        {
            FetchResponseWriter.WritePrologueV0(writer, prologue, request, framing);
        }
    }

    /// <summary>Writes the header of a packet with this number of pack bytes; nothing without bands.</summary>
    /// <param name="destination">Memory that holds the packet; the payload goes after the header.</param>
    /// <param name="payloadLength">At most <see cref="MaxPayload"/>.</param>
    /// <returns>The length of the header.</returns>
    public int WritePackHeader(Span<byte> destination, int payloadLength)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payloadLength, MaxPayload);
        if (!HasBands)
        {
            return 0;
        }

        Sideband.WriteHeader(destination, Sideband.PackData, payloadLength);
        return Sideband.HeaderLength;
    }

    /// <summary>Writes one line for the user, if the client wants progress and has bands.</summary>
    public void WriteProgress(IBufferWriter<byte> writer, string line)
    {
        if (HasProgress)
        {
            FetchResponseWriter.WriteProgress(writer, line, MaxPayload);
        }
    }

    /// <summary>Writes progress text unchanged, if the client wants progress and has bands.</summary>
    public void WriteProgress(IBufferWriter<byte> writer, ReadOnlySpan<byte> text)
    {
        if (HasProgress)
        {
            Sideband.Write(writer, Sideband.Progress, text, MaxPayload);
        }
    }

    /// <summary>Writes a keepalive of a working server, if there are bands.</summary>
    public void WriteKeepalive(IBufferWriter<byte> writer)
    {
        if (HasBands)
        {
            Sideband.Write(writer, Sideband.PackData, []);
        }
    }

    /// <summary>Writes the reason why the pack ends early, if there are bands. The caller must not write an end after it.</summary>
    public void WriteError(IBufferWriter<byte> writer, string message)
    {
        if (HasBands)
        {
            Sideband.Write(writer, Sideband.Error, Encoding.UTF8.GetBytes(message), MaxPayload);
        }
    }

    /// <summary>Writes the end of a whole response; a bare pack ends with the stream.</summary>
    public void WriteEnd(IBufferWriter<byte> writer)
    {
        if (HasBands)
        {
            FetchResponseWriter.WriteEnd(writer);
        }
    }
}
