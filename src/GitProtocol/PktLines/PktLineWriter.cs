using System.Buffers;
using System.Text;

namespace Waystation.GitProtocol.PktLines;

/// <summary>Writes packets, each in one piece.</summary>
public static class PktLineWriter
{
    /// <summary>Writes a data-pkt of just these bytes.</summary>
    public static void Write(IBufferWriter<byte> writer, ReadOnlySpan<byte> payload) => Write(writer, payload, []);

    /// <summary>Writes a data-pkt of this text and the LF that senders should add.</summary>
    public static void WriteText(IBufferWriter<byte> writer, ReadOnlySpan<byte> textWithoutLf) => Write(writer, textWithoutLf, "\n"u8);

    /// <summary>Writes a data-pkt of this text in UTF-8 and an LF; not for ref names, which are not UTF-8 (see RefName).</summary>
    public static void WriteText(IBufferWriter<byte> writer, string textWithoutLf) =>
        WriteText(writer, Encoding.UTF8.GetBytes(textWithoutLf));

    /// <summary>Writes a flush-pkt.</summary>
    public static void WriteFlush(IBufferWriter<byte> writer) => WriteRaw(writer, "0000"u8);

    /// <summary>Writes a delim-pkt.</summary>
    public static void WriteDelim(IBufferWriter<byte> writer) => WriteRaw(writer, "0001"u8);

    /// <summary>Writes an ERR packet, which ends the conversation. A message that is too long for one packet is cut.</summary>
    public static void WriteError(IBufferWriter<byte> writer, string message)
    {
        ReadOnlySpan<byte> text = Encoding.UTF8.GetBytes(message);
        int most = PktLineReader.MaxPayload - Keywords.Err.Length - 1;
        Write(writer, Keywords.Err, text[..Math.Min(most, text.Length)], "\n"u8);
    }

    /// <summary>Writes a data-pkt of these parts one after the other.</summary>
    internal static void Write(
        IBufferWriter<byte> writer,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> second,
        ReadOnlySpan<byte> third = default
    )
    {
        ArgumentNullException.ThrowIfNull(writer);
        int length = PktLineReader.HeaderLength + first.Length + second.Length + third.Length;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, PktLineReader.MaxLength, nameof(first));
        Span<byte> span = writer.GetSpan(length);
        WriteLength(span, length);
        Span<byte> payload = span[PktLineReader.HeaderLength..];
        first.CopyTo(payload);
        second.CopyTo(payload[first.Length..]);
        third.CopyTo(payload[(first.Length + second.Length)..]);
        writer.Advance(length);
    }

    /// <summary>Writes the pkt-len of a packet of <paramref name="length"/> bytes, itself included.</summary>
    internal static void WriteLength(Span<byte> destination, int length)
    {
        Hex.Write(destination, (byte)(length >> 8));
        Hex.Write(destination[2..], (byte)length);
    }

    private static void WriteRaw(IBufferWriter<byte> writer, ReadOnlySpan<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(bytes);
    }
}
