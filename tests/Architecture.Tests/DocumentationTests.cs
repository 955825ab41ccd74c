using System.Text.RegularExpressions;
using Waystation.Proxy;
using Waystation.Proxy.Admin;
using Waystation.Proxy.Options.Reading;

namespace Waystation.Architecture.Tests;

/// <summary>The pages for operators name the program's settings, commands, metrics and pages, each in full and no other.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string s_readme = Read("README.md");
    private static readonly string s_operations = Read("docs/operations.md");
    private static readonly string s_docs =
        string.Concat(Directory.EnumerateFiles(Path.Combine(SourceTree.Root, "docs"), "*.md").Select(File.ReadAllText)) + s_readme;

    [Fact]
    public void Commands_AreAllDocumented_AndExist()
    {
        string[] commands = [.. Program.CreateRoot().Subcommands.Select(static command => command.Name)];
        Assert.InRange(commands.Length, 8, 50);
        Assert.DoesNotContain(commands, static name => !s_readme.Contains($"waystation {name}", StringComparison.Ordinal));
        Assert.Empty(CommandSaid().Matches(s_docs).Select(static match => match.Groups["name"].Value).Except(commands));
    }

    [Fact]
    public void Pages_OfTheAdminAddress_AreAllDocumented_AndExist()
    {
        string[] pages =
        [
            .. SourceTree
                .Texts("Proxy/Admin/Pages")
                .Select(static source =>
                    (Path: PagePath().Match(source), Group: PageGroup().Match(source), Below: PageBelow().Matches(source))
                )
                .Where(static page => page.Group.Success)
                .SelectMany(static page =>
                {
                    string path =
                        (
                            page.Group.Groups["group"].Value == "Actions" || page.Group.Groups["base"].Success
                                ? AdminRoutes.Repositories
                                : AdminRoutes.Api
                        ) + page.Path.Groups["page"].Value;
                    return page.Below.Select(below => path + below.Groups["page"].Value).Prepend(path);
                }),
        ];
        Assert.InRange(pages.Length, 7, 50);
        Assert.DoesNotContain(pages, static page => !s_operations.Contains(page, StringComparison.Ordinal));
        string description = AdminRoutes.Api + "/openapi"; // .json
        Assert.Empty(AdminPage().Matches(s_docs).Select(static match => match.Value).Except([.. pages, description]));
    }

    /// <summary>Names of settings in full, or the beginning of some: <c>Primaries:N:Service</c>, <c>Ssh:KeyAuthority</c>.</summary>
    [Fact]
    public void Settings_ThatThePagesName_Exist()
    {
        string[] sections = [.. SettingTable.All.Select(static one => one.Setting.Name.Split(':')[0]).Distinct()];
        string[] named =
        [
            .. SettingSaid()
                .Matches(s_docs)
                .Select(static match => match.Groups["name"].Value)
                .Where(name => sections.Contains(name.Split(':')[0]))
                .Distinct(),
        ];
        Assert.InRange(named.Length, 40, 500);
        Assert.DoesNotContain(
            named,
            static name =>
                !SettingTable.All.Any(one =>
                    $"{one.Setting.Name}:".StartsWith($"{Number().Replace(name, ":0")}:", StringComparison.Ordinal)
                    || (one.Setting.IsList && name.StartsWith($"{one.Setting.Name}:", StringComparison.Ordinal))
                )
        );
    }

    [Fact]
    public void ReasonsOfABypass_AreAllDocumented_AndExist()
    {
        string troubleshooting = Read("docs/troubleshooting.md");
        string table = troubleshooting[troubleshooting.IndexOf("## Cache-Status details", StringComparison.Ordinal)..];
        table = table[..table.IndexOf("\n## ", 3, StringComparison.Ordinal)];
        string[] reasons =
        [
            .. Member().Matches(Read("src/FetchCore/Observing/ForwardReason.cs")).Select(static match => Word(match.Groups["name"].Value)),
        ];
        string[] told = [.. Row().Matches(table).Select(static match => match.Groups["name"].Value)];
        Assert.InRange(reasons.Length, 10, 50);
        Assert.Equal(reasons.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    private static string Word(string reason) =>
        string.Concat(reason.Select(static (c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));

    private static string Read(string path) => File.ReadAllText(Path.Combine(SourceTree.Root, path));

    [GeneratedRegex(@"const string Path = ""(?<page>/[a-z]+)"";", RegexOptions.ExplicitCapture)]
    private static partial Regex PagePath();

    [GeneratedRegex(@"const string \w+ = Path \+ ""(?<page>/[a-z]+)"";", RegexOptions.ExplicitCapture)]
    private static partial Regex PageBelow();

    [GeneratedRegex(
        @"api\s*\.(?<group>Pages|NodeActions|Actions)\.Map(Get|Post)\(\s*(?<base>ReposPage\.Path \+ )?Path,",
        RegexOptions.ExplicitCapture
    )]
    private static partial Regex PageGroup();

    [GeneratedRegex(@"`(\./)?waystation (?<name>[a-z]+)\b", RegexOptions.ExplicitCapture)]
    private static partial Regex CommandSaid();

    [GeneratedRegex(@"/api/v1/[a-z]+(/[a-z]+)?", RegexOptions.ExplicitCapture)]
    private static partial Regex AdminPage();

    [GeneratedRegex(@"`(--)?(?<name>[A-Z]\w+(:\w+)+)", RegexOptions.ExplicitCapture)]
    private static partial Regex SettingSaid();

    [GeneratedRegex(@":(\d+|N)\b", RegexOptions.ExplicitCapture)]
    private static partial Regex Number();

    [GeneratedRegex(@"^    (?<name>[A-Z]\w+),", RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Member();

    [GeneratedRegex(@"^\| `(?<name>[a-z-]+)` \|", RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Row();
}
