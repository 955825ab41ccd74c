using Spectre.Console;
using Waystation.Proxy.Commands;

namespace Waystation.Proxy.Tests.Commands;

/// <summary>Rows as a person sees them, and as a program reads them.</summary>
public sealed class ListingTests
{
    [Fact]
    public void Table_HasHeadsAndTexts_AsTheyAre()
    {
        string[] lines = Shown(80);
        Assert.Equal(4, lines.Length);
        Assert.Matches("^name +│? *how$", lines[0]);
        Assert.Matches(@"^\[red\]a\[/\] +│? *b$", lines[2]);
        Assert.Matches("^team/tool.git +│? *-$", lines[3]);
    }

    [Fact]
    public void NarrowTerminal_HasABlockForEachRow() => Assert.Equal(["[red]a[/]", "how   b", "team/tool.git"], Shown(20));

    [Fact]
    public void Line_HasATabBetweenColumns_AndNoneInThem() => Assert.Equal("a b\tc d \t-", Listing.ToLine(["a\tb", "c\nd\u001b", "-"]));

    private static string[] Shown(int width)
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
        console.Profile.Width = width;
        new Listing(
            ["name", "how"],
            [
                ["[red]a[/]", "b"],
                ["team/tool.git", "-"],
            ]
        ).WriteTo(console);
        return [.. text.ToString().Split('\n').Select(static line => line.Trim()).Where(static line => line.Length > 0)];
    }
}
