using System.Buffers;

namespace Waystation.GitProtocol.PktLines;

/// <summary>
/// Text that every reader reads in the same way. git reads lines as C strings, which end at a NUL, and splits them at any white space.
/// Others decode UTF-8, and split at Unicode spaces or at line feeds. The node reads a request only if none of that makes a difference.
/// </summary>
internal static class PlainText
{
    private static readonly SearchValues<char> s_words = SearchValues.Create([
        .. Enumerable.Range(' ', '~' - ' ' + 1).Select(static code => (char)code),
    ]);

    /// <summary>Whether it is printable ASCII, words with spaces between them.</summary>
    public static bool IsOfWords(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(s_words);

    /// <summary>Whether it is free of control characters; bytes beyond ASCII, which ref names may have, are taken as they are.</summary>
    public static bool HasNoControls(ReadOnlySpan<char> text) => !text.ContainsAnyInRange('\0', '\u001f') && !text.Contains('\u007f');
}
