using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Responses;

/// <summary>
/// Says whether a response of upload-pack may end where it ends. In versions 0 and 1 a client that gets less than its round would wait
/// for ever. HTTP does not show it if a server announced too small a length, but the packets do.
/// <code>
///   every advertisement, ls-refs, v2 response, and pack in a sideband    ends with a flush-pkt
///   a v2 response that breaks its own rules                              may end with a delim-pkt: the client reports the fault
///   a round of negotiation                                               ends with NAK, or a plain ACK
///   a pack without sideband                                              has its own end: not checked
/// </code>
/// It never throws on its input.
/// </summary>
public sealed class ResponseEndDetector
{
    /// <summary>The length of "ACK ", an id of SHA-256 and a line feed, plus one byte.</summary>
    private const int MaxKept = 70;

    private readonly byte[] _kept = new byte[MaxKept];
    private readonly byte[] _header = new byte[PktLineReader.HeaderLength];
    private int _headerLength;
    private int _keptLength;
    private int _missing;
    private bool _isLast = true;
    private bool _isFlush;
    private bool _hasStopped;

    /// <summary>Whether the response may end here: there are no bytes yet, or the last packet is whole and can end a response.</summary>
    public bool MayEndHere => _hasStopped || (_headerLength == 0 && _missing == 0 && _isLast);

    /// <summary>The last packet was a flush-pkt, and nothing followed: the only end of a v2 answer that leaves no client waiting.</summary>
    public bool EndedWithFlush => _isFlush && !_hasStopped && _headerLength == 0;

    /// <summary>Shows the next bytes.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !_hasStopped)
        {
            if (_missing > 0)
            {
                TakePayload(ref bytes);
            }
            else
            {
                TakeHeader(ref bytes);
            }
        }
    }

    private void TakeHeader(ref ReadOnlySpan<byte> bytes)
    {
        int taken = Math.Min(_header.Length - _headerLength, bytes.Length);
        bytes[..taken].CopyTo(_header.AsSpan(_headerLength));
        _headerLength += taken;
        bytes = bytes[taken..];
        if (_headerLength < _header.Length)
        {
            return;
        }

        int length = PktLineReader.Measure(_header);
        _headerLength = 0;
        _keptLength = 0;
        _isFlush = length == 0;
        // These bytes are no packet: a pack, or something unknown.
        if (length is < 0 or > PktLineReader.MaxLength)
        {
            _hasStopped = true;
        }
        else if (length < PktLineReader.HeaderLength)
        {
            _isLast = true;
        }
        else
        {
            _missing = length - PktLineReader.HeaderLength;
            _isLast = false;
        }
    }

    private void TakePayload(ref ReadOnlySpan<byte> bytes)
    {
        int taken = Math.Min(_missing, bytes.Length);
        int copied = Math.Min(taken, MaxKept - _keptLength);
        bytes[..copied].CopyTo(_kept.AsSpan(_keptLength));
        _keptLength += copied;
        _missing -= taken;
        bytes = bytes[taken..];
        if (_missing == 0)
        {
            _isLast = IsLastLine(_kept.AsSpan(0, _keptLength));
        }
    }

    private static bool IsLastLine(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith(Keywords.Err))
        {
            return true;
        }

        if (line is [.. var text, (byte)'\n'])
        {
            line = text;
        }

        return line.SequenceEqual(Keywords.Nak) || (line.StartsWith(Keywords.Ack) && !line[Keywords.Ack.Length..].Contains((byte)' '));
    }
}
