using System.Buffers.Text;

namespace Waystation.GitProtocol.Lfs;

/// <summary>
/// The file that stands in a commit for a Git LFS object (git-lfs docs/spec.md, The Pointer):
/// <code>
/// version https://git-lfs.github.com/spec/v1
/// ext-0-NAME sha256:…        any number of extensions
/// oid sha256:4d7a2146…
/// size 12345
/// </code>
/// </summary>
public static class LfsPointer
{
    /// <summary>Bytes that no pointer has: it is shorter.</summary>
    public const int MaxLength = 1024;

    private static ReadOnlySpan<byte> Version => "version https://git-lfs.github.com/spec/v1\n"u8;

    /// <summary>Reads a pointer. False for every file that is not exactly one.</summary>
    public static bool TryParse(ReadOnlySpan<byte> file, out LfsObject pointed)
    {
        pointed = default;
        if (file.Length >= MaxLength || !file.StartsWith(Version))
        {
            return false;
        }

        ReadOnlySpan<byte> rest = file[Version.Length..];
        while (rest.StartsWith("ext-"u8))
        {
            if (!TryTakeLine(ref rest, "ext-"u8, out ReadOnlySpan<byte> extension) || !IsExtension(extension))
            {
                return false;
            }
        }

        if (
            !TryTakeLine(ref rest, "oid sha256:"u8, out ReadOnlySpan<byte> digits)
            || !LfsObjectId.TryParse(digits, out LfsObjectId id)
            || !TryTakeLine(ref rest, "size "u8, out ReadOnlySpan<byte> number)
            || !TryParseSize(number, out long size)
            || !rest.IsEmpty
        )
        {
            return false;
        }

        pointed = new LfsObject(id, size);
        return true;
    }

    /// <summary>Takes a whole line that begins so; the value is what follows.</summary>
    private static bool TryTakeLine(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> start, out ReadOnlySpan<byte> value)
    {
        value = default;
        int end = rest.IndexOf((byte)'\n');
        if (end < 0 || !rest.StartsWith(start))
        {
            return false;
        }

        value = rest[start.Length..end];
        rest = rest[(end + 1)..];
        return true;
    }

    /// <summary>A number of one digit, a name, and the digest of the content before the extension: <c>0-name sha256:…</c>.</summary>
    private static bool IsExtension(ReadOnlySpan<byte> text)
    {
        int space = text.IndexOf((byte)' ');
        return space > 2
            && char.IsAsciiDigit((char)text[0])
            && text[1] == (byte)'-'
            && text[(space + 1)..].StartsWith("sha256:"u8)
            && LfsObjectId.TryParse(text[(space + 1 + "sha256:"u8.Length)..], out _);
    }

    private static bool TryParseSize(ReadOnlySpan<byte> digits, out long size)
    {
        size = 0;
        return digits.Length > 0
            && char.IsAsciiDigit((char)digits[0])
            && (digits[0] != (byte)'0' || digits.Length == 1)
            && Utf8Parser.TryParse(digits, out size, out int taken)
            && taken == digits.Length;
    }
}
