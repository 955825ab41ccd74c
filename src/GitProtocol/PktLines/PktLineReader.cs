using System.Buffers;

namespace Waystation.GitProtocol.PktLines;

/// <summary>
/// Reads packets: a whole one, or nothing and the buffer stays as it is.
/// It does not buffer, lock or wait, so its reads may be mixed with reads of the raw stream.
/// </summary>
public static class PktLineReader
{
    /// <summary>The largest packet, its length included (gitprotocol-common, pkt-line Format).</summary>
    public const int MaxLength = 65_520;

    /// <summary>The bytes of the pkt-len itself.</summary>
    public const int HeaderLength = 4;

    /// <summary>The largest payload of one packet.</summary>
    public const int MaxPayload = MaxLength - HeaderLength;

    /// <summary>Takes the next packet off <paramref name="buffer"/>; false when it is not whole yet.</summary>
    /// <exception cref="GitProtocolException">No packet can have this length.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, out PktLine packet)
    {
        packet = default;
        ReadOnlySpan<byte> header = buffer.FirstSpan;
        if (header.Length < HeaderLength)
        {
            if (buffer.Length < HeaderLength)
            {
                return false;
            }

            Span<byte> copy = stackalloc byte[HeaderLength];
            buffer.Slice(0, HeaderLength).CopyTo(copy);
            int copied = ReadLength(copy);
            return TryTake(ref buffer, copied, out packet);
        }
        return TryTake(ref buffer, ReadLength(header), out packet);
    }

    /// <summary>Parses the pkt-len: 0 to 2 for special packets, -1 if it is 3 or no number. It may exceed the maximum.</summary>
    internal static int Measure(ReadOnlySpan<byte> header)
    {
        int length = (Hex.Pair(header[0], header[1]) << 8) | Hex.Pair(header[2], header[3]);
        return length is < 0 or 3 ? -1 : length;
    }

    private static int ReadLength(ReadOnlySpan<byte> header)
    {
        int length = Measure(header);
        if (length < 0)
        {
            GitProtocolException.Throw(ProtocolError.BadPktLength, "A pkt-len is not one.");
        }

        if (length > MaxLength)
        {
            GitProtocolException.Throw(ProtocolError.PktLineTooLong, $"A pkt-line of {length} bytes.");
        }

        return length;
    }

    private static bool TryTake(ref ReadOnlySequence<byte> buffer, int length, out PktLine packet)
    {
        if (length < HeaderLength)
        {
            packet = new PktLine(
                length switch
                {
                    0 => PktLineKind.Flush,
                    1 => PktLineKind.Delim,
                    _ => PktLineKind.ResponseEnd,
                }
            );
            buffer = buffer.Slice(HeaderLength);
            return true;
        }
        packet = default;
        if (buffer.Length < length)
        {
            return false;
        }
        // 0004 is an empty line: senders should not write it, but it is valid.
        packet = new PktLine(PktLineKind.Data, buffer.Slice(HeaderLength, length - HeaderLength));
        buffer = buffer.Slice(length);
        return true;
    }
}
