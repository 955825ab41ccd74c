using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Fetching;

/// <summary>
/// Whether an answer of upload-pack may end where it ends. In versions 0 and 1 a client that gets less than its round would wait for the rest
/// for ever: HTTP says nothing of a server that announced too small a length, but the packets do.
/// <code>
///   every advertisement, ls-refs, v2 answer, and pack in a sideband      ends with a flush-pkt
///   a round of negotiation                                               ends with NAK, or an ACK that says no more
///   a pack without sideband                                              ends itself: no longer looked at
/// </code>
/// It never throws on what it is shown.
/// </summary>
public sealed class AnswerEndCheck
{
    /// <summary>"ACK ", an id of SHA-256 and a line's end, and one byte more than that.</summary>
    private const int MaxKept = 70;

    private readonly byte[] kept = new byte[MaxKept];
    private readonly byte[] header = new byte[PktLineReader.HeaderLength];
    private int headerLength;
    private int keptLength;
    private int missing;
    private bool isLast = true;
    private bool hasStopped;

    /// <summary>Nothing was shown yet, or the last packet is whole and one that answers end with.</summary>
    public bool MayEndHere => hasStopped || (headerLength == 0 && missing == 0 && isLast);

    /// <summary>Shows the next bytes.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !hasStopped)
        {
            if (missing > 0) TakePayload(ref bytes);
            else TakeHeader(ref bytes);
        }
    }

    private void TakeHeader(ref ReadOnlySpan<byte> bytes)
    {
        int taken = Math.Min(header.Length - headerLength, bytes.Length);
        bytes[..taken].CopyTo(header.AsSpan(headerLength));
        headerLength += taken;
        bytes = bytes[taken..];
        if (headerLength < header.Length) return;
        int length = PktLineReader.Measure(header);
        headerLength = 0;
        keptLength = 0;
        // What is no packet is a pack, or nothing that we know.
        if (length is < 0 or > PktLineReader.MaxLength) hasStopped = true;
        else if (length < PktLineReader.HeaderLength) isLast = length != 1;
        else
        {
            missing = length - PktLineReader.HeaderLength;
            isLast = false;
        }
    }

    private void TakePayload(ref ReadOnlySpan<byte> bytes)
    {
        int taken = Math.Min(missing, bytes.Length);
        int copied = Math.Min(taken, MaxKept - keptLength);
        bytes[..copied].CopyTo(kept.AsSpan(keptLength));
        keptLength += copied;
        missing -= taken;
        bytes = bytes[taken..];
        if (missing == 0) isLast = IsLastLine(kept.AsSpan(0, keptLength));
    }

    private static bool IsLastLine(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith(Keywords.Err)) return true;
        if (line is [.. var text, (byte)'\n']) line = text;
        return line.SequenceEqual(Keywords.Nak) || (line.StartsWith(Keywords.Ack) && !line[Keywords.Ack.Length..].Contains((byte)' '));
    }
}
