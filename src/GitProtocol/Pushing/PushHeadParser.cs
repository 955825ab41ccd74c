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
/// Unlike <see cref="PushRequestReader"/>, which looks at what it can use and stops at the rest, it takes all that a client may send: the
/// primary judges it.
/// </summary>
public static class PushHeadParser
{
    private static readonly SearchValues<byte> s_separators = SearchValues.Create(" \t\n\r"u8);

    /// <summary>Takes what stands before the pack off the buffer; false, and nothing taken, while it is not whole.</summary>
    /// <exception cref="GitProtocolException">It is no packets.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, out PushHead head)
    {
        var lines = new Lines();
        ReadOnlySequence<byte> rest = buffer;
        head = default;
        if (!TryReadSection(ref rest, lines) || (lines.HasOptions && !TryReadSection(ref rest, lines: null)))
        {
            return false;
        }

        buffer = rest;
        head = new PushHead(lines.HasCommands, lines.HasPack, lines.ObjectFormat);
        return true;
    }

    private static bool TryReadSection(ref ReadOnlySequence<byte> rest, Lines? lines)
    {
        while (PktLineReader.TryRead(ref rest, out PktLine line))
        {
            if (line.Kind != PktLineKind.Data)
            {
                return true;
            }

            lines?.Take(line.Payload.ToArray());
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

        /// <summary>Old id, new id, name: a pack follows unless every new id is none. What is no command may be followed by
        /// anything.</summary>
        private void TakeCommand(ReadOnlySpan<byte> command)
        {
            HasCommands = true;
            _format ??= command.IndexOf((byte)' ') == ObjectFormat.Sha256.HexLength ? ObjectFormat.Sha256 : ObjectFormat.Sha1;
            int id = ObjectFormat.HexLength;
            HasPack |= command.Length <= 2 * id + 1 || command.Slice(id + 1, id).ContainsAnyExcept((byte)'0');
        }
    }
}
