using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Pushing;

/// <summary>
/// Reads the lines before the pack of a push as they pass (gitprotocol-pack, Reference Update Request):
/// <code>
///   shallows, commands, flush │ [push options, flush] │ PACK …
///                             └──────── Read ────────►┘ the rest is the pack, if a command needs one
/// </code>
/// It never throws. It stops at anything that it does not know, such as a signed push, and at its bounds. A push of so many refs is
/// rare; the node then only loses the warming.
/// </summary>
public sealed class PushRequestReader : StreamTap
{
    /// <summary>The most refs of a push that is read; they take a few hundred KiB.</summary>
    public const int MaxCommands = 1_024;

    /// <summary>Bytes before the pack.</summary>
    public const int MaxHead = 512 * 1024;

    private readonly List<RefCommand> _commands = [];
    private State _state = State.Commands;
    private int _length;
    private bool _hasOptions;

    private enum State
    {
        Commands,
        Options,
    }

    /// <summary>The commands, in the client's order; evidence only once <see cref="StreamTap.IsComplete"/>.</summary>
    public IReadOnlyList<RefCommand> Commands => _commands;

    /// <summary>The format of the ids.</summary>
    public ObjectFormat ObjectFormat { get; private set; }

    /// <summary>Whether a pack follows; a push that only deletes has none.</summary>
    public bool HasPack => _commands.Exists(static command => !command.IsDeletion);

    /// <summary>Shows the next bytes; returns how many of them stood before the pack.</summary>
    public int ReadHead(ReadOnlySpan<byte> bytes) => ReadToEnd(bytes);

    private protected override void OnPacket(PktLineKind kind, ReadOnlySpan<byte> payload)
    {
        _length += payload.Length;
        bool taken =
            _length <= MaxHead
            && kind switch
            {
                PktLineKind.Flush => TryTakeFlush(),
                PktLineKind.Data => _state == State.Options || TryTakeLine(Text(payload)),
                _ => false,
            };
        if (!taken)
        {
            Stop();
        }
    }

    private protected override void Forget() => _commands.Clear();

    private bool TryTakeFlush()
    {
        if (_state == State.Commands && _hasOptions)
        {
            _state = State.Options;
        }
        else
        {
            Complete();
        }

        return true;
    }

    private bool TryTakeLine(ReadOnlySpan<byte> line)
    {
        if (_commands.Count == 0 && line.StartsWith(Keywords.Shallow))
        {
            return true;
        }

        int end = line.IndexOf((byte)0);
        if (end >= 0 && (_commands.Count > 0 || !TryTakeFirst(line, end)))
        {
            return false;
        }

        if (end < 0 && _commands.Count == 0)
        {
            ObjectFormat = FormatOf(line);
        }

        return TryTakeCommand(end < 0 ? line : line[..end]);
    }

    /// <summary>Reads the first command, which has the capabilities behind it.</summary>
    private bool TryTakeFirst(ReadOnlySpan<byte> line, int end)
    {
        ObjectFormat = FormatOf(line);
        ReadOnlySpan<byte> rest = line[(end + 1)..];
        while (!rest.IsEmpty)
        {
            ReadOnlySpan<byte> word = RefLine.NextWord(ref rest);
            if (word.SequenceEqual(Keywords.PushOptions))
            {
                _hasOptions = true;
            }
            else if (word.StartsWith(Keywords.ObjectFormatIs) && !IsFormat(word[Keywords.ObjectFormatIs.Length..]))
            {
                return false;
            }
        }
        return true;
    }

    private bool IsFormat(ReadOnlySpan<byte> name) =>
        ObjectFormats.TryParse(System.Text.Encoding.Latin1.GetString(name), out ObjectFormat said) && said == ObjectFormat;

    private static ObjectFormat FormatOf(ReadOnlySpan<byte> line) =>
        line.IndexOf((byte)' ') == ObjectFormat.Sha256.HexLength ? ObjectFormat.Sha256 : ObjectFormat.Sha1;

    private bool TryTakeCommand(ReadOnlySpan<byte> line)
    {
        if (
            _commands.Count == MaxCommands
            || !RefLine.TrySplit(line, ObjectFormat, out ObjectId old, out ReadOnlySpan<byte> rest)
            || !RefLine.TrySplit(rest, ObjectFormat, out ObjectId id, out ReadOnlySpan<byte> name)
            || !RefName.IsBounded(name)
        )
        {
            return false;
        }

        _commands.Add(new RefCommand(old, id, RefName.FromBytes(name)));
        return true;
    }
}
