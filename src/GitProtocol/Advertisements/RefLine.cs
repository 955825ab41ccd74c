using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Advertisements;

/// <summary>The shape that the lines of all advertisements share: an id, a space, and the rest.</summary>
internal static class RefLine
{
    public static bool TrySplit(ReadOnlySpan<byte> line, ObjectFormat format, out ObjectId id, out ReadOnlySpan<byte> rest)
    {
        id = default;
        rest = default;
        if (line.Length <= format.HexLength || line[format.HexLength] != (byte)' ')
        {
            return false;
        }

        rest = line[(format.HexLength + 1)..];
        return ObjectId.TryParse(line[..format.HexLength], format, out id);
    }

    /// <summary>Removes the text before the next space from <paramref name="rest"/> and returns it.</summary>
    public static ReadOnlySpan<byte> NextWord(ref ReadOnlySpan<byte> rest)
    {
        int end = rest.IndexOf((byte)' ');
        ReadOnlySpan<byte> word = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(end + 1)..];
        return word;
    }
}
