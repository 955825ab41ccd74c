using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Requests;

/// <summary>
/// The lines that fetch requests of all versions share: want, have, and the limits (shallow, deepen, filter). Each is read and written
/// here. An instance collects the lines of one request, and remembers why the request is foreign.
/// </summary>
/// <param name="format">The format of all ids.</param>
/// <param name="maxObjects">The most lines with an id.</param>
/// <param name="length">Bytes of all lines to come.</param>
internal sealed class FetchLines(ObjectFormat format, int maxObjects, long length)
{
    private readonly ObjectIdSet _wants = new();
    private readonly ObjectIdSet _haves = new(ObjectIdLine.MostHavesIn(length, maxObjects));
    private readonly ObjectIdSet _shallows = new();
    private int? _depth;
    private long? _since;
    private FilterSpec? _filter;
    private int _lines;

    /// <summary>The first reason why the node must not answer the request.</summary>
    public ForeignReason? Foreign { get; private set; }

    /// <summary>Whether a filter was asked for, known or not.</summary>
    public bool HasFilter { get; private set; }

    /// <summary>Whether there is a want.</summary>
    public bool HasWants => _wants.Count > 0;

    public void TakeForeign(ForeignReason reason) => Foreign ??= reason;

    public void TakeWant(in ReadOnlySequence<byte> hex) => Add(_wants, hex);

    /// <summary>Takes a have line; false if the line is another.</summary>
    public bool TryTakeHave(in PktLine line)
    {
        if (!line.TryStripPrefix(Keywords.Have, out ReadOnlySequence<byte> hex))
        {
            return false;
        }

        Add(_haves, hex);
        return true;
    }

    /// <summary>Takes a line about the boundary or the filter; false if the line is another.</summary>
    public bool TryTakeLimit(in PktLine line)
    {
        if (line.TryStripPrefix(Keywords.Shallow, out ReadOnlySequence<byte> rest))
        {
            Add(_shallows, rest);
        }
        else if (line.TryStripPrefix(Keywords.Deepen, out rest))
        {
            _depth = Once(_depth, (int)Number(rest, int.MaxValue));
        }
        else if (line.TryStripPrefix(Keywords.DeepenSince, out rest))
        {
            _since = Once(_since, Number(rest, long.MaxValue));
        }
        else if (line.TryStripPrefix(Keywords.DeepenNot, out _))
        {
            TakeForeign(ForeignReason.DeepenNot);
        }
        else if (line.TryStripPrefix(Keywords.Filter, out rest))
        {
            TakeFilter(rest);
        }
        else
        {
            return false;
        }

        return true;
    }

    /// <summary>Writes the wants, in the form that v2 has for all of them, v0 and v1 for all but the first.</summary>
    public static void WriteWants(IBufferWriter<byte> writer, IEnumerable<ObjectId> wants) =>
        WriteIds(writer, Keywords.Want, wants, "\n"u8);

    /// <summary>Writes the haves.</summary>
    public static void WriteHaves(IBufferWriter<byte> writer, IEnumerable<ObjectId> haves) =>
        WriteIds(writer, Keywords.Have, haves, "\n"u8);

    /// <summary>Writes the lines about the boundary.</summary>
    public static void WriteBoundary(IBufferWriter<byte> writer, FetchRequest request)
    {
        WriteIds(writer, Keywords.Shallow, request.Shallows, []);
        if (request.Depth is { } depth)
        {
            WriteNumber(writer, Keywords.Deepen, depth);
        }

        if (request.DeepenSince is { } since)
        {
            WriteNumber(writer, Keywords.DeepenSince, since);
        }
    }

    /// <summary>Writes the filter.</summary>
    public static void WriteFilter(IBufferWriter<byte> writer, FetchRequest request)
    {
        if (request.Filter is { } filter)
        {
            PktLineWriter.Write(writer, Keywords.Filter, Encoding.ASCII.GetBytes(filter.Text));
        }
    }

    /// <summary>The request, without the properties that each version sets in its own way.</summary>
    public FetchRequest Build()
    {
        if (_depth is not null && _since is not null)
        {
            GitProtocolException.Throw(ProtocolError.Conflict, "deepen and deepen-since exclude each other.");
        }
        return new FetchRequest
        {
            ObjectFormat = format,
            Wants = _wants.ToList(),
            Haves = _haves.ToList(),
            Shallows = _shallows.ToList(),
            Depth = _depth,
            DeepenSince = _since,
            Filter = _filter,
        };
    }

    private void Add(ObjectIdSet set, in ReadOnlySequence<byte> hex)
    {
        // Lines are counted, not ids, because a repeated id must be parsed as well.
        if (++_lines > maxObjects)
        {
            GitProtocolException.Throw(ProtocolError.TooMany, $"More than {maxObjects} object ids.");
        }

        set.Add(ObjectIdLine.Read(hex, format));
    }

    private void TakeFilter(in ReadOnlySequence<byte> text)
    {
        if (HasFilter)
        {
            GitProtocolException.Throw(ProtocolError.Duplicate, "Two filters.");
        }

        HasFilter = true;
        if (!FilterSpec.TryParse(Encoding.Latin1.GetString(text), out _filter))
        {
            TakeForeign(ForeignReason.UnknownFilter);
        }
    }

    private static T Once<T>(T? already, T value)
        where T : struct
    {
        if (already is not null)
        {
            GitProtocolException.Throw(ProtocolError.Duplicate, "Two boundaries.");
        }

        return value;
    }

    // Git would take 010 for eight and 0x10 for sixteen; no client writes so.
    private static long Number(in ReadOnlySequence<byte> text, long most)
    {
        Span<byte> digits = stackalloc byte[20];
        long value = 0;
        bool good = text.Length is > 0 and <= 19;
        if (good)
        {
            text.CopyTo(digits);
            digits = digits[..(int)text.Length];
            good =
                digits[0] is >= (byte)'1' and <= (byte)'9'
                && Utf8Parser.TryParse(digits, out value, out int used)
                && used == digits.Length
                && value <= most;
        }
        if (!good)
        {
            GitProtocolException.Throw(ProtocolError.BadNumber, "A boundary is not a positive decimal number in range.");
        }

        return value;
    }

    private static void WriteNumber(IBufferWriter<byte> writer, ReadOnlySpan<byte> keyword, long number) =>
        PktLineWriter.Write(writer, keyword, Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));

    private static void WriteIds(IBufferWriter<byte> writer, ReadOnlySpan<byte> keyword, IEnumerable<ObjectId> ids, ReadOnlySpan<byte> end)
    {
        foreach (ObjectId id in ids)
        {
            ObjectIdLine.Write(writer, keyword, id, end);
        }
    }
}
