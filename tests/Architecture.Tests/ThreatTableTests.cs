using System.Text.RegularExpressions;

namespace Waystation.Architecture.Tests;

/// <summary>The tests that <c>docs/security.md</c> names for its threats exist.</summary>
public sealed partial class ThreatTableTests
{
    private static readonly string s_page = File.ReadAllText(Path.Combine(SourceTree.Root, "docs", "security.md"));

    [Fact]
    public void EveryTest_ThatTheTableOfThreatsNames_Exists()
    {
        string[] rows =
        [
            .. s_page[s_page.IndexOf("## Threats", StringComparison.Ordinal)..s_page.IndexOf("## Advice", StringComparison.Ordinal)]
                .Split('\n')
                .Where(static line => line.StartsWith("| ", StringComparison.Ordinal))
                .Skip(2),
        ];
        Assert.InRange(rows.Length, 30, 200);
        Assert.All(rows, static row => Assert.Matches(Named(), row));
        string[] sources =
        [
            .. Directory
                .EnumerateFiles(Path.Combine(SourceTree.Root, "tests"), "*.cs", SearchOption.AllDirectories)
                .Select(File.ReadAllText),
        ];
        Assert.All(
            rows.SelectMany(static row => Named().Matches(row)),
            named =>
                Assert.True(
                    sources.Any(source =>
                        source.Contains($"class {named.Groups["class"].Value}", StringComparison.Ordinal)
                        && Regex.IsMatch(source, $@"\b{named.Groups["method"].Value}\(", RegexOptions.None, TimeSpan.FromSeconds(5))
                    ),
                    $"there is no test {named.Value}"
                )
        );
    }

    [GeneratedRegex(
        "`(?<class>[A-Z][A-Za-z0-9_]+)[.](?<method>[A-Z][A-Za-z0-9_]+)`",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Named();
}
