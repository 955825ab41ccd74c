using System.Buffers;
using System.Text;

namespace Waystation.GitProtocol.Objects;

/// <summary>
/// Ref names are bytes, not text. Here each byte becomes the character of the same number (Latin-1). So nothing is lost, and ordinal
/// comparing, ordering and cutting of prefixes mean the same on both sides.
/// </summary>
public static class RefName
{
    /// <summary>The longest name, as long as the longest path of Linux; it bounds the memory that a peer can make us use.</summary>
    public const int MaxLength = 4_096;

    private static readonly SearchValues<char> s_forbidden = SearchValues.Create([
        .. Enumerable.Range(0, 33).Select(code => (char)code),
        '~',
        '^',
        ':',
        '?',
        '*',
        '[',
        '\\',
        '\u007f',
    ]);

    /// <summary>Whether git could have a ref of this name (git-check-ref-format, with names of one level such as HEAD).</summary>
    public static bool IsValid(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > MaxLength || name is "@")
        {
            return false;
        }

        if (name[0] == '/' || name[^1] is '/' or '.' || name.ContainsAny(s_forbidden))
        {
            return false;
        }

        if (name.Contains("..", StringComparison.Ordinal) || name.Contains("@{", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (Range part in name.Split('/'))
        {
            ReadOnlySpan<char> component = name[part];
            if (component.IsEmpty || component[0] == '.' || component.EndsWith(".lock", StringComparison.Ordinal))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>The name's bytes as they go on the wire.</summary>
    public static byte[] ToBytes(string name) => Encoding.Latin1.GetBytes(name);

    /// <summary>The name of these bytes.</summary>
    public static string FromBytes(ReadOnlySpan<byte> name) => Encoding.Latin1.GetString(name);

    /// <summary>The name of these bytes.</summary>
    public static string FromBytes(in ReadOnlySequence<byte> name) => Encoding.Latin1.GetString(name);

    /// <summary>Writes the characters of a name, as many as it has bytes.</summary>
    /// <param name="name">The bytes, at most <see cref="MaxLength"/>.</param>
    /// <param name="characters">Gets the characters.</param>
    /// <returns>The written part.</returns>
    public static ReadOnlySpan<char> ToCharacters(ReadOnlySpan<byte> name, Span<char> characters) =>
        characters[..Encoding.Latin1.GetChars(name, characters)];

    /// <summary>Whether a peer's name can be kept: bounded, and no byte in it that would end it on the wire.</summary>
    internal static bool IsBounded(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= MaxLength && !name.ContainsAnyInRange((byte)0, (byte)' ');
}
