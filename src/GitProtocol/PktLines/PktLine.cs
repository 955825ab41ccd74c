using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Waystation.GitProtocol.PktLines;

/// <summary>One packet: a view of the buffer that it was read from. It lives as long as that buffer.</summary>
[SuppressMessage("Performance", "CA1815", Justification = "A view, read once and never compared.")]
public readonly struct PktLine
{
    internal PktLine(PktLineKind kind, ReadOnlySequence<byte> payload = default)
    {
        Kind = kind;
        Payload = payload;
    }

    /// <summary>The kind of the packet.</summary>
    public PktLineKind Kind { get; }

    /// <summary>The bytes after the length; empty unless the kind is <see cref="PktLineKind.Data"/>.</summary>
    public ReadOnlySequence<byte> Payload { get; }

    /// <summary>The payload without its one trailing LF: senders should write it, receivers must not demand it.</summary>
    public ReadOnlySequence<byte> Text => WithoutLineFeed(Payload);

    /// <summary>Whether this is a data-pkt with just this text.</summary>
    public bool TextIs(ReadOnlySpan<byte> text)
    {
        ReadOnlySequence<byte> mine = Text;
        return Kind == PktLineKind.Data && mine.Length == text.Length && StartsWith(mine, text);
    }

    /// <summary>Whether this is a data-pkt whose text begins with the prefix; gives the text after it.</summary>
    public bool TryStripPrefix(ReadOnlySpan<byte> prefix, out ReadOnlySequence<byte> rest)
    {
        ReadOnlySequence<byte> mine = Text;
        bool has = Kind == PktLineKind.Data && StartsWith(mine, prefix);
        rest = has ? mine.Slice(prefix.Length) : default;
        return has;
    }

    internal static bool StartsWith(in ReadOnlySequence<byte> bytes, ReadOnlySpan<byte> prefix)
    {
        if (bytes.FirstSpan.Length >= prefix.Length)
        {
            return bytes.FirstSpan.StartsWith(prefix);
        }

        if (bytes.Length < prefix.Length)
        {
            return false;
        }

        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            int common = Math.Min(segment.Length, prefix.Length);
            if (!segment.Span[..common].SequenceEqual(prefix[..common]))
            {
                return false;
            }

            prefix = prefix[common..];
            if (prefix.IsEmpty)
            {
                return true;
            }
        }
        return prefix.IsEmpty;
    }

    private static ReadOnlySequence<byte> WithoutLineFeed(in ReadOnlySequence<byte> payload)
    {
        if (payload.IsEmpty)
        {
            return payload;
        }

        byte last = payload.IsSingleSegment ? payload.FirstSpan[^1] : payload.Slice(payload.Length - 1).FirstSpan[0];
        return last == (byte)'\n' ? payload.Slice(0, payload.Length - 1) : payload;
    }
}
