using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Pushing;

/// <summary>
/// Finds where the pack of a push begins, and whether there is one, in every form that a push has (gitprotocol-pack, Reference Update
/// Request and Push Certificate):
/// <code>
///   shallows, commands, flush                                        │ [options, flush] │ [PACK …]
///   shallows, push-cert, header, "", commands, signature, [end] flush │
/// </code>
/// <see cref="PushRequestReader"/> reads only lines that the node can use, and stops at others. This reads all lines that a client may
/// send, because the primary judges them. It reads one push, each packet of it once.
/// </summary>
public sealed class PushHeadParser
{
    private static readonly SearchValues<byte> s_separators = SearchValues.Create(" \t\n\r"u8);

    private readonly Lines _lines = new();
    private bool _isBehindCommands;

    /// <summary>
    /// Removes the packets before the pack from the buffer; false while more of them must come. Show the rest of the buffer again, with
    /// further bytes behind it.
    /// </summary>
    /// <exception cref="GitProtocolException">The bytes are no packets.</exception>
    public bool TryRead(ref ReadOnlySequence<byte> buffer, out PushHead head)
    {
        head = default;
        while (PktLineReader.TryRead(ref buffer, out PktLine line))
        {
            if (line.Kind == PktLineKind.Data)
            {
                if (!_isBehindCommands)
                {
                    _lines.Take(line.Payload.IsSingleSegment ? line.Payload.FirstSpan : line.Payload.ToArray());
                }
            }
            else if (_lines.HasOptions && !_isBehindCommands)
            {
                _isBehindCommands = true;
            }
            else
            {
                head = new PushHead(_lines.HasCommands, _lines.HasPack, _lines.ObjectFormat);
                return true;
            }
        }

        return false;
    }

    private sealed class Lines
    {
        private State _state;
        private ObjectFormat? _format;

        private enum State
        {
            Commands,
            CertificateHeader,
            CertifiedCommands,
            Signature,
        }

        public bool HasOptions { get; private set; }

        public bool HasCommands { get; private set; }

        public bool HasPack { get; private set; }

        public ObjectFormat ObjectFormat => _format ?? ObjectFormat.Sha1;

        public void Take(ReadOnlySpan<byte> line)
        {
            switch (_state)
            {
                case State.Commands:
                    TakeLine(line);
                    break;
                case State.CertificateHeader when line is [(byte)'\n']:
                    _state = State.CertifiedCommands;
                    break;
                case State.CertifiedCommands when !line.StartsWith("-----BEGIN "u8):
                    TakeCommand(line);
                    break;
                case State.CertifiedCommands:
                    _state = State.Signature;
                    break;
                case State.Signature when line.SequenceEqual("push-cert-end\n"u8):
                    _state = State.Commands;
                    break;
            }
        }

        private void TakeLine(ReadOnlySpan<byte> line)
        {
            if (line.StartsWith(Keywords.Shallow))
            {
                return;
            }

            int end = line.IndexOf((byte)0);
            ReadOnlySpan<byte> command = end < 0 ? line : line[..end];
            if (end >= 0)
            {
                TakeCapabilities(line[(end + 1)..]);
            }

            if (command.SequenceEqual("push-cert"u8))
            {
                _state = State.CertificateHeader;
            }
            else
            {
                TakeCommand(command);
            }
        }

        private void TakeCapabilities(ReadOnlySpan<byte> list)
        {
            int end = list.IndexOf((byte)0);
            if (end >= 0)
            {
                list = list[..end];
            }

            foreach (Range range in list.SplitAny(s_separators))
            {
                ReadOnlySpan<byte> word = list[range];
                HasOptions |=
                    word.StartsWith(Keywords.PushOptions)
                    && (word.Length == Keywords.PushOptions.Length || word[Keywords.PushOptions.Length] == (byte)'=');
            }
        }

        /// <summary>
        /// Reads a command: old id, new id, name. A pack follows unless every new id is zero. Bytes that are no command may be followed by
        /// anything.
        /// </summary>
        private void TakeCommand(ReadOnlySpan<byte> command)
        {
            HasCommands = true;
            _format ??= command.IndexOf((byte)' ') == ObjectFormat.Sha256.HexLength ? ObjectFormat.Sha256 : ObjectFormat.Sha1;
            int id = ObjectFormat.HexLength;
            HasPack |= command.Length <= 2 * id + 1 || command.Slice(id + 1, id).ContainsAnyExcept((byte)'0');
        }
    }
}
