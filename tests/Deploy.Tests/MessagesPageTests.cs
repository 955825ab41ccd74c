using System.Text.RegularExpressions;
using Waystation.TestKit.Servers;

namespace Waystation.Deploy.Tests;

/// <summary>docs/messages.md has each message of the sources, with a cause and an action, and no other.</summary>
public sealed partial class MessagesPageTests
{
    private static readonly (string Message, string Cause, string Action)[] s_rows =
    [
        .. Row()
            .Matches(File.ReadAllText(Path.Combine(Checkout.Root, "docs", "messages.md")))
            .Select(static row =>
                (
                    row.Groups["message"].Value.Replace("\\|", "|", StringComparison.Ordinal),
                    row.Groups["cause"].Value,
                    row.Groups["action"].Value
                )
            ),
    ];

    [Fact]
    public void Messages_AreAllOnThePage()
    {
        IReadOnlySet<string> said = SourceMessages.All();
        Assert.InRange(said.Count, 150, 1000);
        Assert.Equal([], said.Except(s_rows.Select(static row => row.Message)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Rows_HaveASource_ACause_AndAnAction_AndComeOnce()
    {
        Assert.Equal([], s_rows.Select(static row => row.Message).Except(SourceMessages.All()).Order(StringComparer.Ordinal));
        Assert.All(s_rows, static row => Assert.True(row.Cause.Length > 0 && row.Action.Length > 0, row.Message));
        Assert.Equal([], s_rows.GroupBy(static row => row.Message).Where(static rows => rows.Count() > 1).Select(static rows => rows.Key));
    }

    [GeneratedRegex(@"^\| `(?<message>.+?)` \| (?<cause>.*?) \| (?<action>.*) \|$", RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Row();
}
