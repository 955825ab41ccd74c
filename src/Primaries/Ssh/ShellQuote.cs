using System.Text;

namespace Waystation.Primaries.Ssh;

/// <summary>
/// Quotes for the shell at the primary, byte for byte as git's own client does: in single quotes, with <c>'</c> and <c>!</c> (csh expands
/// it even there) outside of them after a backslash. Forges compare the text.
/// </summary>
public static class ShellQuote
{
    /// <summary>One word: <c>it's</c> becomes <c>'it'\''s'</c>.</summary>
    public static string Word(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var quoted = new StringBuilder(text.Length + 8).Append('\'');
        foreach (char c in text)
        {
            _ = c is '\'' or '!' ? quoted.Append("'\\").Append(c).Append('\'') : quoted.Append(c);
        }

        return quoted.Append('\'').ToString();
    }
}
