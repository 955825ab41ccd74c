using System.Buffers;

namespace Waystation.Primaries.Http.Connections;

/// <summary>The target of a request: path and query as in the request line (RFC 9112, section 3.2.1).</summary>
public static class RequestTarget
{
    private const char FirstVisible = '!';
    private const char LastVisible = '~';

    private static readonly SearchValues<char> s_visible = SearchValues.Create([
        .. Enumerable.Range(FirstVisible, LastVisible - FirstVisible + 1).Select(static c => (char)c),
    ]);

    /// <summary>Whether a request line can hold it: it begins with a slash, and nothing in it ends the target or the line.</summary>
    public static bool IsWellFormed(string target) => target is ['/', ..] && !target.AsSpan().ContainsAnyExcept(s_visible);
}
