using Spectre.Console;
using Waystation.Proxy.Commands;

namespace Waystation.Proxy.Tests.Commands;

/// <summary>Rows as a person sees them, and as a program reads them.</summary>
public sealed class ListingTests
{
    [Fact]
    public void Table_HasHeadsAndTexts_AsTheyAre()
    {
        var text = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.No,
                ColorSystem = ColorSystemSupport.NoColors,
                Out = new AnsiConsoleOutput(text),
            }
        );
        console.Profile.Width = 80;
        new Listing(
            ["name", "how"],
            [
                ["[red]a[/]", "b"],
                ["team/tool.git", "-"],
            ]
        ).WriteTo(console);

        string[] lines = [.. text.ToString().Split('\n').Select(static line => line.Trim()).Where(static line => line.Length > 0)];
        Assert.Equal(4, lines.Length);
        Assert.Matches("^name +│? *how$", lines[0]);
        Assert.Matches(@"^\[red\]a\[/\] +│? *b$", lines[2]);
        Assert.Matches("^team/tool.git +│? *-$", lines[3]);
    }

    [Fact]
    public void Line_HasATabBetweenColumns_AndNoneInThem() => Assert.Equal("a b\tc d \t-", Listing.ToLine(["a\tb", "c\nd\u001b", "-"]));
}
