using System.Text;
using Waystation.Proxy.Options.Reading;

namespace Waystation.Architecture.Tests;

/// <summary>
/// The tables in <c>docs/settings.md</c> are made from the options classes. With <c>WAYSTATION_WRITE_DOCS=1</c> this test writes them.
/// </summary>
public sealed class SettingsPageTests
{
    private const string Mark =
        "<!-- The tables below are made from the options classes: ./test Architecture with WAYSTATION_WRITE_DOCS=1. -->\n";

    private static readonly string s_page = Path.Combine(SourceTree.Root, "docs", "settings.md");

    [Fact]
    public void Page_HasEverySetting_AsTheOptionsClassesDescribeIt()
    {
        string page = File.ReadAllText(s_page);
        string made = page[..(page.IndexOf(Mark, StringComparison.Ordinal) + Mark.Length)] + Tables();
        if (Environment.GetEnvironmentVariable("WAYSTATION_WRITE_DOCS") == "1")
        {
            File.WriteAllText(s_page, made);
        }

        Assert.Equal(made, File.ReadAllText(s_page));
    }

    [Fact]
    public void Pages_ThatSettingsLeadTo_Exist()
    {
        foreach (string page in SettingTable.All.Select(static one => one.Setting.About.Page).OfType<string>())
        {
            string[] parts = page.Split('#');
            string text = File.ReadAllText(Path.Combine(SourceTree.Root, "docs", parts[0]));
            Assert.True(parts.Length == 1 || Headings.Of(text).Contains(parts[1]), $"there is no {page}");
        }
    }

    private static string Tables()
    {
        var text = new StringBuilder();
        foreach (
            IGrouping<string, (Setting Setting, string Default)> section in SettingTable.All.GroupBy(static one =>
                one.Setting.Name.Split(':')[0..^1] is [] ? "" : one.Setting.Name.Split(':')[0]
            )
        )
        {
            text.Append(
                $"\n## {(section.Key.Length == 0 ? "Node" : section.Key)}\n\n"
                    + $"| setting | default | accepted | meaning |\n| --- | --- | --- | --- |\n"
            );
            foreach ((Setting setting, string standard) in section)
            {
                string option = setting.About.Option is { } name ? $", `{name}`" : "";
                string more = setting.About.Page is { } page ? $" [More]({page})" : "";
                string accepted = setting.Accepted.Length > 0 ? Cell(setting.Accepted) : "any text";
                string items = setting.IsList ? "; several by semicolons" : "";
                string fallback =
                    standard is "none" or "all" or "off" || standard.Contains(' ', StringComparison.Ordinal) ? standard : $"`{standard}`";
                text.Append($"| `{setting.Name}`{option} | {fallback} | {accepted}{items} | ");
                text.Append($"{Cell(setting.About.Description)}{more} |\n");
            }
        }

        return text.ToString();
    }

    private static string Cell(string text) =>
        text.Replace("*", "\\*", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal);
}
