using System.Buffers;

namespace Waystation.GitProtocol.PktLines;

/// <summary>Three streams in one: each data-pkt begins with the number of its band (gitprotocol-pack, Packfile Data).</summary>
public static class Sideband
{
    /// <summary>Band 1: the pack itself.</summary>
    public const byte PackData = 1;

    /// <summary>Band 2: text for the user.</summary>
    public const byte Progress = 2;

    /// <summary>Band 3: the reason why the pack ends early.</summary>
    public const byte Error = 3;

    /// <summary>The most bytes of a band in one packet, with side-band-64k and in v2.</summary>
    public const int MaxBandPayload = PktLineReader.MaxPayload - 1;

    /// <summary>The most bytes of a band in one packet with the old side-band: packets of 1,000 bytes in all.</summary>
    public const int MaxSmallBandPayload = 1_000 - HeaderLength;

    /// <summary>The pkt-len and the band's number.</summary>
    public const int HeaderLength = PktLineReader.HeaderLength + 1;

    /// <summary>Writes the five bytes that go before <paramref name="payloadLength"/> bytes of a band.</summary>
    public static void WriteHeader(Span<byte> destination5, byte band, int payloadLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(payloadLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payloadLength, MaxBandPayload);
        PktLineWriter.WriteLength(destination5, HeaderLength + payloadLength);
        destination5[PktLineReader.HeaderLength] = band;
    }

    /// <summary>Writes a payload in as many packets as it takes; an empty one makes one keepalive packet.</summary>
    public static void Write(IBufferWriter<byte> writer, byte band, ReadOnlySpan<byte> payload, int maxPayload = MaxBandPayload)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxPayload);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxPayload, MaxBandPayload);
        do
        {
            int length = Math.Min(payload.Length, maxPayload);
            Span<byte> span = writer.GetSpan(HeaderLength + length);
            WriteHeader(span, band, length);
            payload[..length].CopyTo(span[HeaderLength..]);
            writer.Advance(HeaderLength + length);
            payload = payload[length..];
        } while (!payload.IsEmpty);
    }
}
