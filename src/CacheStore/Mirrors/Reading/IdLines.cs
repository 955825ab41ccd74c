using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors.Reading;

/// <summary>Ids as input of git.</summary>
internal static class IdLines
{
    /// <summary>A line for each id. There may be very many ids, so each is written once, in its final place.</summary>
    /// <param name="ids">The ids, all of one format.</param>
    /// <param name="prefix">The beginning of each line.</param>
    public static byte[] Of(IReadOnlyCollection<ObjectId> ids, ReadOnlySpan<byte> prefix = default)
    {
        int length = ids.Count == 0 ? 0 : prefix.Length + ids.First().Format.HexLength + 1;
        byte[] lines = new byte[ids.Count * length];
        Span<byte> rest = lines;
        foreach (ObjectId id in ids)
        {
            prefix.CopyTo(rest);
            id.WriteHex(rest[prefix.Length..]);
            rest[length - 1] = (byte)'\n';
            rest = rest[length..];
        }

        return lines;
    }
}
