using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Waystation.GitProtocol.Objects;

/// <summary>
/// A filter that the node understands, in one spelling for each meaning: sizes are expanded to bytes. <c>sparse:</c> names an object of the
/// repository, and an unknown filter may mean anything, so neither is a FilterSpec.
/// </summary>
public sealed record FilterSpec
{
    private const string Combine = "combine:";
    private const int MaxParts = 16;

    private FilterSpec(string text) => Text = text;

    /// <summary>The one spelling, as it goes on the wire and into the key of the pack cache.</summary>
    public string Text { get; }

    /// <summary>Parses a filter-spec (git-rev-list, --filter); false for every spelling that the node does not know for certain.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out FilterSpec? filter)
    {
        string? normal =
            text is null || text.Length > 1_024 ? null
            : text.StartsWith(Combine, StringComparison.Ordinal) ? Combined(text[Combine.Length..])
            : Single(text);
        filter = normal is null ? null : new FilterSpec(normal);
        return normal is not null;
    }

    /// <summary>The one spelling.</summary>
    public override string ToString() => Text;

    // A combination within a combination is legal, and no client makes it: it stays foreign.
    private static string? Combined(string parts)
    {
        string[] encoded = parts.Split('+');
        if (encoded.Length > MaxParts)
        {
            return null;
        }

        string?[] normal = [.. encoded.Select(part => Single(Uri.UnescapeDataString(part)))];
        return normal.Contains(null) ? null : Combine + string.Join('+', normal);
    }

    private static string? Single(string text) =>
        text switch
        {
            "blob:none" or "object:type=commit" or "object:type=tree" or "object:type=blob" or "object:type=tag" => text,
            _ when Strip(text, "blob:limit=") is { } size => Size(size) is { } bytes ? $"blob:limit={bytes}" : null,
            _ when Strip(text, "tree:") is { } depth => Number(depth) is { } levels ? $"tree:{levels}" : null,
            _ => null,
        };

    private static string? Strip(string text, string prefix) =>
        text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : null;

    private static string? Size(string text)
    {
        int shift =
            text.Length == 0
                ? 0
                : text[^1] switch
                {
                    'k' or 'K' => 10,
                    'm' or 'M' => 20,
                    'g' or 'G' => 30,
                    _ => 0,
                };
        if (Number(shift == 0 ? text : text[..^1]) is not { } digits)
        {
            return null;
        }

        long number = long.Parse(digits, CultureInfo.InvariantCulture);
        return number > long.MaxValue >> shift ? null : (number << shift).ToString(CultureInfo.InvariantCulture);
    }

    // Git reads 010 as eight and 0x10 as sixteen; such spellings are left to the primary.
    private static string? Number(string text) =>
        text.Length is > 0 and <= 18 && text.All(char.IsAsciiDigit) && (text.Length == 1 || text[0] != '0') ? text : null;
}
