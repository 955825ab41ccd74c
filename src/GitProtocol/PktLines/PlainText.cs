using System.Buffers;

namespace Waystation.GitProtocol.PktLines;

/// <summary>
/// Text that every reader takes for the same text. git reads lines as C strings, which a NUL ends, and splits them at any white space;
/// others decode UTF-8, split at what Unicode calls a space, or at line feeds. A request is read here only where none of that makes a
/// difference.
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
