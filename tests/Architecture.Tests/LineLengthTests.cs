using System.Text.RegularExpressions;

namespace Waystation.Architecture.Tests;

/// <summary>Code has lines of at most 140 characters. A paragraph of Markdown is one line, or all of a page is wrapped at 120.</summary>
public sealed partial class LineLengthTests
{
    private const int MostInCode = 140;
    private const int MostInMarkdown = 120;

    [Fact]
    public void Code_HasNoLongLines()
    {
        string[] files =
        [
            .. new[] { "src", "tests", "bench" }.SelectMany(static folder =>
                Directory.EnumerateFiles(Path.Combine(SourceTree.Root, folder), "*.cs", SearchOption.AllDirectories)
            ),
        ];
        Assert.InRange(files.Length, 300, 5_000);
        Assert.Empty(
            files
                .Where(static file => !file.Contains("/obj/", StringComparison.Ordinal))
                .SelectMany(static file => File.ReadLines(file).Select((line, i) => (Where: $"{file}:{i + 1}", line.Length)))
                .Where(static line => line.Length > MostInCode)
                .Select(static line => line.Where)
        );
    }

    [Fact]
    public void Markdown_HasOneLineAParagraph_OrIsWrapped()
    {
        string[] pages =
        [
            .. Directory.EnumerateFiles(SourceTree.Root, "*.md"),
            .. Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "docs"), "*.md", SearchOption.AllDirectories),
        ];
        Assert.InRange(pages.Length, 15, 500);
        Assert.DoesNotContain(pages, static page => !IsEven(File.ReadAllText(page)));
    }

    [Theory]
    [InlineData("One line.\n\nAnother.\n", true)]
    [InlineData("Two\nshort lines.\n", true)]
    [InlineData("LONG\n\n- LONG\n- LONG\n\n    code\n    code\n\n| LONG |\n| LONG |\n", true)]
    [InlineData("LONG\n\nTwo\nshort lines.\n", false)]
    [InlineData("LONG\nLONG\n", false)]
    [InlineData("- LONG\n  and more of it\n", false)]
    public void Page_IsEven_WhereItIsWrittenInOneWay(string page, bool isEven) =>
        Assert.Equal(isEven, IsEven(page.Replace("LONG", new string('x', MostInMarkdown + 1), StringComparison.Ordinal)));

    /// <summary>Whether no line of text is long, or no paragraph and no item goes on in a second line.</summary>
    private static bool IsEven(string page)
    {
        string[] lines = Fenced().Replace(page, "\n").Split('\n');
        return !Array.Exists(lines, static line => IsText(line) && line.Length > MostInMarkdown)
            || !lines.Zip(lines.Skip(1)).Any(static pair => IsText(pair.First) && IsText(pair.Second) && !Item().IsMatch(pair.Second));
    }

    /// <summary>A line of a paragraph or an item; not of code, a table, a heading, a comment or a picture.</summary>
    private static bool IsText(string line) =>
        line.Trim().Length > 0
        && (!line.StartsWith("    ", StringComparison.Ordinal) || Item().IsMatch(line))
        && !(line[0] is '|' or '#' or '<' or '!');

    [GeneratedRegex(@"^\s*([-*]|\d+\.)\s")]
    private static partial Regex Item();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();
}
