using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Waystation.CacheStore;

/// <summary>
/// The grammar of a repository's path, for every source of paths: a client's request line, a command over SSH, the admin address, a
/// webhook of a forge, a file of the node.
/// <code>
///   path     = segment *( "/" segment )
///   segment  = 1*pchar                       of RFC 3986, and neither "." nor "..", decoded or not
///   pchar    = unreserved / "%" two hexadecimal digits / sub-delims / ":" / "@"
/// </code>
/// The percent-decoded text is UTF-8 without control characters and without slashes. So a request target made from a path has no query
/// and no second line, names exactly that path, and the path over SSH names the same repository.
/// </summary>
public static class RepositoryPath
{
    /// <summary>The longest path that a Linux server can open.</summary>
    public const int MaxLength = 4_096;

    private const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    private const string SubDelims = "!$&'()*+,;=";

    private static readonly SearchValues<char> s_pathCharacters = SearchValues.Create(Unreserved + SubDelims + ":@%/");

    /// <summary>Whether it is a path as a URL has it, without a leading slash.</summary>
    public static bool IsWellFormed(string? path)
    {
        if (path is not { Length: > 0 and <= MaxLength } || path.AsSpan().ContainsAnyExcept(s_pathCharacters))
        {
            return false;
        }

        foreach (Range segment in path.AsSpan().Split('/'))
        {
            if (!IsSegment(path.AsSpan(segment)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether it is a path as a client names it over SSH, with plain letters. Only the primary knows which repository it
    /// names.</summary>
    public static bool IsWellFormedOverSsh(string? path) => path is { Length: > 0 and <= MaxLength } && IsPlainText(path);

    private static bool IsSegment(ReadOnlySpan<char> segment)
    {
        if (!segment.Contains('%'))
        {
            return segment is not ("" or "." or "..");
        }

        byte[] decoded = new byte[segment.Length];
        int length = 0;
        for (int i = 0; i < segment.Length; i++)
        {
            if (segment[i] != '%')
            {
                decoded[length++] = (byte)segment[i];
                continue;
            }

            if (i + 2 >= segment.Length || !char.IsAsciiHexDigit(segment[i + 1]) || !char.IsAsciiHexDigit(segment[i + 2]))
            {
                return false;
            }

            decoded[length++] = Convert.FromHexString(segment.Slice(i + 1, 2))[0];
            i += 2;
        }

        ReadOnlySpan<byte> bytes = decoded.AsSpan(0, length);
        return Utf8.IsValid(bytes)
            && !bytes.Contains((byte)'/')
            && Encoding.UTF8.GetString(bytes) is not ("" or "." or "..") and var text
            && IsPlainText(text);
    }

    /// <summary>Whether the text fits in one line; the replacement character stands for invalid bytes.</summary>
    private static bool IsPlainText(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsControl(rune) || rune == Rune.ReplacementChar)
            {
                return false;
            }
        }

        return true;
    }
}
