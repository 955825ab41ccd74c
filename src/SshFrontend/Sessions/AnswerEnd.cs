using Waystation.GitProtocol.PktLines;

namespace Waystation.SshFrontend.Sessions;

/// <summary>
/// Looks over an answer that passes by, for one thing: whether it came to its flush-pkt. One that did not must not leave the
/// client waiting for the rest.
/// </summary>
internal sealed class AnswerEnd
{
    private readonly byte[] _header = new byte[PktLineReader.HeaderLength];
    private int _known;
    private int _toSkip;
    private bool _lost;

    /// <summary>The last packet was a flush-pkt, and nothing followed.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Shows the next bytes.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !_lost)
        {
            IsWhole = false;
            if (_toSkip > 0)
            {
                int skipped = Math.Min(_toSkip, bytes.Length);
                _toSkip -= skipped;
                bytes = bytes[skipped..];
                continue;
            }

            int taken = Math.Min(_header.Length - _known, bytes.Length);
            bytes[..taken].CopyTo(_header.AsSpan(_known));
            _known += taken;
            bytes = bytes[taken..];
            if (_known == _header.Length)
            {
                _known = 0;
                TakeHeader();
            }
        }
    }

    private void TakeHeader()
    {
        if (
            !int.TryParse(
                _header,
                System.Globalization.NumberStyles.AllowHexSpecifier,
                System.Globalization.CultureInfo.InvariantCulture,
                out int length
            )
            || length == 3
            || length > PktLineReader.MaxLength
        )
        {
            _lost = true;
            return;
        }

        IsWhole = length == 0;
        _toSkip = Math.Max(0, length - _header.Length);
    }
}
