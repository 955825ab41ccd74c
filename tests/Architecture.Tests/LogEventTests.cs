using System.Globalization;
using System.Text.RegularExpressions;

namespace Waystation.Architecture.Tests;

/// <summary>An operator finds a log line by its event id, so an id means one thing in the whole program.</summary>
public sealed partial class LogEventTests
{
    private static readonly IReadOnlyList<LogClass> s_classes = Find();

    [Fact]
    public void Ids_AreUnique() =>
        Assert.Empty(
            s_classes
                .SelectMany(static log => log.Ids.Select(id => (id, log.Path)))
                .GroupBy(static said => said.id, static said => said.Path)
                .Where(static same => same.Count() > 1)
                .Select(static same => $"{same.Key} in {string.Join(" and ", same)}")
        );

    [Fact]
    public void Ids_LieInTheRangeThatTheirClassStates() =>
        Assert.Empty(
            s_classes.SelectMany(static log =>
                log.Ids.Where(id => id < log.First || id > log.Last)
                    .Select(id => $"{id} in {log.Path}, which states {log.First} to {log.Last}")
            )
        );

    [Fact]
    public void Ranges_AreApart()
    {
        LogClass[] inOrder = [.. s_classes.OrderBy(static log => log.First)];
        Assert.All(
            inOrder.Zip(inOrder.Skip(1)),
            static pair => Assert.True(pair.First.Last < pair.Second.First, $"{pair.First.Path} and {pair.Second.Path}")
        );
    }

    [Fact]
    public void Messages_AreFound() => Assert.InRange(s_classes.Sum(static log => log.Ids.Count), 50, 899);

    [Fact]
    public void Messages_AllHaveTheirIdAsANumber() =>
        Assert.Empty(
            Sources()
                .Where(static source => AnyMessage().Count(source.Text) != MessageId().Count(source.Text))
                .Select(static source => source.Path)
        );

    private static IReadOnlyList<LogClass> Find() =>
        [
            .. Sources()
                .Where(static source => AnyMessage().IsMatch(source.Text))
                .Select(static source =>
                {
                    Match range = Range().Match(source.Text);
                    Assert.True(range.Success, $"{source.Path} does not state the range of its ids");
                    int[] ids = [.. MessageId().Matches(source.Text).Select(static match => Number(match, "id"))];
                    return new LogClass(source.Path, Number(range, "first"), Number(range, "last"), ids);
                }),
        ];

    private static IEnumerable<(string Path, string Text)> Sources() =>
        Directory
            .EnumerateFiles(Path.Combine(SourceTree.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(static path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            .Select(static path => (Path.GetRelativePath(SourceTree.Root, path), File.ReadAllText(path)));

    private static int Number(Match match, string name) => int.Parse(match.Groups[name].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\[LoggerMessage\b")]
    private static partial Regex AnyMessage();

    [GeneratedRegex(@"\[LoggerMessage\(\s*(EventId\s*=\s*)?(?<id>\d+)\s*,", RegexOptions.ExplicitCapture)]
    private static partial Regex MessageId();

    [GeneratedRegex(@"<summary>[^<]*\bids (?<first>\d+) to (?<last>\d+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Range();

    private sealed record LogClass(string Path, int First, int Last, IReadOnlyList<int> Ids);
}
