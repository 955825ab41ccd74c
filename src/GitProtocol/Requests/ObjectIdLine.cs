using System.Buffers;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Requests;

/// <summary>The most frequent line of a fetch: a keyword, an id, an ending.</summary>
internal static class ObjectIdLine
{
    /// <summary>Bytes of the shortest line with a have: pkt-len, keyword and a SHA-1 id.</summary>
    private const int ShortestHave = 4 + 5 + 40;

    /// <summary>The most haves that fit into so many bytes.</summary>
    /// <param name="length">Bytes.</param>
    /// <param name="maxObjects">The most ids that are taken.</param>
    public static int MostHavesIn(long length, int maxObjects) => (int)Math.Min(length / ShortestHave, Math.Max(0, maxObjects));

    /// <summary>The id that a line ends with.</summary>
    public static ObjectId Read(in ReadOnlySequence<byte> hex, ObjectFormat format)
    {
        if (!ObjectId.TryParse(hex, format, out ObjectId id))
        {
            GitProtocolException.Throw(ProtocolError.BadObjectId, "Not an object id.");
        }

        return id;
    }

    public static void Write(IBufferWriter<byte> writer, ReadOnlySpan<byte> keyword, ObjectId id, ReadOnlySpan<byte> end)
    {
        Span<byte> hex = stackalloc byte[ObjectFormat.Sha256.HexLength];
        id.WriteHex(hex);
        PktLineWriter.Write(writer, keyword, hex[..id.Format.HexLength], end);
    }
}
