using System.Buffers;
using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Requests;

/// <summary>
/// Reads the commands of a v2 client (gitprotocol-v2, Command Request):
/// <code>
///   command=…, capabilities ─ delim ─ arguments ─ flush          one command
///   flush                                                        the client ends the conversation
/// </code>
/// Finding a command's end and reading its content are two steps: the content is read only when all of it is there.
/// </summary>
public static class CommandParser
{
    /// <summary>The most object ids of one request, far more than honest requests have. It bounds the memory that a peer can make the node
    /// use.</summary>
    public const int DefaultMaxObjects = 1_000_000;

    /// <summary>The bytes of one request: a million haves of a SHA-256 repository fit.</summary>
    public const int MaxCommandLength = 80 << 20;

    /// <summary>Reads the body of a stateless request: exactly one command.</summary>
    /// <exception cref="GitProtocolException">It is malformed, ends too early or goes on too long.</exception>
    public static ParsedCommand Parse(ReadOnlySequence<byte> wholeBody, int maxObjects = DefaultMaxObjects)
    {
        if (!TryReadCommand(ref wholeBody, out ParsedCommand? command, maxObjects))
        {
            GitProtocolException.Throw(ProtocolError.Truncated, "The request ends before its flush-pkt.");
        }
        if (!wholeBody.IsEmpty)
        {
            GitProtocolException.Throw(ProtocolError.TrailingBytes, "Bytes after the request.");
        }

        return command ?? new ParsedCommand.Foreign(ForeignReason.EmptyRequest);
    }

    /// <summary>
    /// Removes one command from a channel that carries many. While the command is not whole it returns false and leaves the buffer
    /// unchanged. True with no command means that the client ends the conversation. A foreign command has the bytes to forward.
    /// </summary>
    public static bool TryReadCommand(ref ReadOnlySequence<byte> buffer, out ParsedCommand? command, int maxObjects = DefaultMaxObjects)
    {
        long scanned = 0;
        return TryReadCommand(ref buffer, ref scanned, out command, maxObjects);
    }

    /// <summary>
    /// The same for a buffer that grows. <paramref name="scanned"/>, 0 at first, keeps the place up to which there is no end, so that a
    /// long request is not searched again with each read. It is 0 again after a command.
    /// </summary>
    public static bool TryReadCommand(
        ref ReadOnlySequence<byte> buffer,
        ref long scanned,
        out ParsedCommand? command,
        int maxObjects = DefaultMaxObjects
    )
    {
        command = null;
        if (!TryFindFlush(buffer, ref scanned))
        {
            return false;
        }

        ReadOnlySequence<byte> bytes = buffer.Slice(0, scanned);
        buffer = buffer.Slice(scanned);
        scanned = 0;
        command = ParseCommand(bytes, maxObjects);
        return true;
    }

    /// <summary>Whether a request body speaks v2: its first packet names a command. False also while too little is there.</summary>
    public static bool LooksLikeV2(ReadOnlySequence<byte> start)
    {
        if (start.Length < PktLineReader.HeaderLength)
        {
            return false;
        }

        return PktLine.StartsWith(start.Slice(PktLineReader.HeaderLength), Keywords.Command);
    }

    /// <summary>Goes from packet to packet to the end of a flush-pkt, and keeps the place where the bytes ended.</summary>
    internal static bool TryFindFlush(in ReadOnlySequence<byte> buffer, ref long scanned)
    {
        ReadOnlySequence<byte> rest = buffer.Slice(scanned);
        long remaining = rest.Length;
        while (PktLineReader.TryRead(ref rest, out PktLine packet))
        {
            long taken = PktLineReader.HeaderLength + packet.Payload.Length;
            scanned += taken;
            remaining -= taken;
            if (packet.Kind == PktLineKind.Flush)
            {
                return true;
            }

            if (scanned > MaxCommandLength)
            {
                break;
            }
        }
        if (scanned + remaining > MaxCommandLength + PktLineReader.MaxLength || scanned > MaxCommandLength)
        {
            GitProtocolException.Throw(ProtocolError.TooLong, $"A request of more than {MaxCommandLength} bytes.");
        }
        return false;
    }

    /// <summary>Reads the next argument; false at the flush-pkt.</summary>
    internal static bool TryReadArgument(ref ReadOnlySequence<byte> arguments, out PktLine line)
    {
        if (!PktLineReader.TryRead(ref arguments, out line))
        {
            GitProtocolException.Throw(ProtocolError.Truncated, "No flush-pkt.");
        }

        if (line.Kind is PktLineKind.Delim or PktLineKind.ResponseEnd)
        {
            GitProtocolException.Throw(ProtocolError.UnexpectedPacket, $"A {line.Kind} packet among arguments.");
        }
        return line.Kind == PktLineKind.Data;
    }

    private static ParsedCommand? ParseCommand(ReadOnlySequence<byte> bytes, int maxObjects)
    {
        var head = new CommandHead();
        bool hasArguments = false;
        while (!hasArguments && PktLineReader.TryRead(ref bytes, out PktLine line))
        {
            if (line.Kind == PktLineKind.Flush)
            {
                break;
            }

            if (line.Kind == PktLineKind.ResponseEnd)
            {
                GitProtocolException.Throw(ProtocolError.UnexpectedPacket, "A response-end in a request.");
            }
            if (line.Kind == PktLineKind.Data)
            {
                head.Take(line);
            }

            hasArguments = line.Kind == PktLineKind.Delim;
        }
        if (head.IsEmpty && !hasArguments)
        {
            return null;
        }
        // A command without arguments may leave the delim-pkt out: the flush-pkt ends it just so.
        if (!hasArguments)
        {
            bytes = new ReadOnlySequence<byte>("0000"u8.ToArray());
        }

        if (head.Judge() is { } foreign)
        {
            return foreign;
        }

        return head.IsFetch
            ? FetchArguments.Parse(ref bytes, head.ObjectFormat, maxObjects)
            : LsRefsRequestParser.Parse(ref bytes, head.ObjectFormat);
    }

    /// <summary>The lines before the delim-pkt, in any order.</summary>
    private sealed class CommandHead
    {
        private string? _command;
        private ObjectFormat? _format;
        private ForeignReason? _foreign;

        public bool IsEmpty { get; private set; } = true;

        public bool IsFetch { get; private set; }

        public ObjectFormat ObjectFormat => _format ?? ObjectFormat.Sha1;

        public void Take(in PktLine line)
        {
            IsEmpty = false;
            if (line.TryStripPrefix(Keywords.Command, out ReadOnlySequence<byte> value))
            {
                TakeCommand(value);
            }
            else if (line.TryStripPrefix(Keywords.ObjectFormatIs, out value))
            {
                TakeFormat(ObjectFormats.Parse(value));
            }
            else if (line.TryStripPrefix(Keywords.ServerOptionIs, out _))
            {
                _foreign ??= ForeignReason.ServerOption;
            }
            else if (line.TryStripPrefix(Keywords.AgentIs, out value) || line.TryStripPrefix(Keywords.SessionIdIs, out value))
            {
                CheckText(value);
            }
            else
            {
                _foreign ??= ForeignReason.UnknownCapability;
            }
        }

        /// <summary>The reason why the command is foreign with any arguments, or null.</summary>
        public ParsedCommand.Foreign? Judge()
        {
            if (_command is null)
            {
                GitProtocolException.Throw(ProtocolError.NoCommand, "No command requested.");
            }

            IsFetch = string.Equals(_command, "fetch", StringComparison.Ordinal);
            if (!IsFetch && !string.Equals(_command, "ls-refs", StringComparison.Ordinal))
            {
                _foreign = ForeignReason.UnknownCommand;
            }

            return _foreign is { } reason ? new ParsedCommand.Foreign(reason) : null;
        }

        private void CheckText(in ReadOnlySequence<byte> value)
        {
            if (!PlainText.IsOfWords(Encoding.Latin1.GetString(value)))
            {
                _foreign ??= ForeignReason.ByteOutOfPlace;
            }
        }

        private void TakeCommand(in ReadOnlySequence<byte> value)
        {
            if (_command is not null)
            {
                GitProtocolException.Throw(ProtocolError.Duplicate, "Two commands in one request.");
            }

            _command = Encoding.Latin1.GetString(value);
        }

        private void TakeFormat(ObjectFormat value)
        {
            if (_format is { } already && already != value)
            {
                GitProtocolException.Throw(ProtocolError.BadObjectFormat, "Two object formats.");
            }

            _format = value;
        }
    }
}
