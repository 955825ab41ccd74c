using System.Text.RegularExpressions;

namespace Waystation.Architecture.Tests;

/// <summary>The headings of a page, as links name them.</summary>
internal static partial class Headings
{
    /// <summary>As GitHub makes them: lower case, hyphens for spaces, other punctuation left out.</summary>
    public static IReadOnlySet<string> Of(string page) =>
        Line()
            .Matches(page)
            .Select(static match => Punctuation().Replace(match.Groups["text"].Value.ToLowerInvariant(), "").Replace(' ', '-'))
            .ToHashSet(StringComparer.Ordinal);

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Line();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Punctuation();
}
