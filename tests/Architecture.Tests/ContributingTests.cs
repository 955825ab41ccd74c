using System.Text.RegularExpressions;

namespace Waystation.Architecture.Tests;

/// <summary>The pages for newcomers name existing files, and every variable that tests read.</summary>
public sealed partial class ContributingTests
{
    private static readonly string s_page = File.ReadAllText(Path.Combine(SourceTree.Root, "CONTRIBUTING.md"));

    [Fact]
    public void Files_ThatItNames_Exist()
    {
        HashSet<string> files = [.. Tracked().Select(static path => Path.GetFileName(path))];
        string[] named = [.. FileName().Matches(s_page).Select(static match => match.Groups["name"].Value).Distinct()];
        Assert.InRange(named.Length, 40, 500);
        Assert.Equal([], named.Except(files));
    }

    [Fact]
    public void Folders_ThatItNames_Exist()
    {
        string[] named = [.. FolderName().Matches(s_page).Select(static match => match.Groups["name"].Value).Distinct()];
        Assert.InRange(named.Length, 3, 100);
        Assert.Equal([], named.Where(static name => !Path.Exists(Path.Combine(SourceTree.Root, name))));
    }

    [Fact]
    public void Variables_ThatScriptsAndTestsRead_AreAllNamed_AndNoOther()
    {
        string[] scripts = ["test", "bench/run", "src/SshRelay/build"];
        string[] read =
        [
            .. scripts
                .Select(static script => Path.Combine(SourceTree.Root, script))
                .Concat(Tracked().Where(static path => path.Contains("/tests/", StringComparison.Ordinal)))
                .SelectMany(static path => Variable().Matches(File.ReadAllText(path)))
                .Select(static match => match.Value)
                .Distinct(),
        ];
        Assert.Equal(
            read.Order(StringComparer.Ordinal),
            Variable().Matches(s_page).Select(static match => match.Value).Distinct().Order(StringComparer.Ordinal)
        );
    }

    private static IEnumerable<string> Tracked() =>
        new[] { "src", "tests" }
            .SelectMany(static folder =>
                Directory.EnumerateFiles(Path.Combine(SourceTree.Root, folder), "*.cs", SearchOption.AllDirectories)
            )
            .Where(static path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal));

    [GeneratedRegex(@"`(?<name>\w+\.cs)`", RegexOptions.ExplicitCapture)]
    private static partial Regex FileName();

    [GeneratedRegex(@"`(?<name>(src|tests|docs|bench)/[\w./-]+)`", RegexOptions.ExplicitCapture)]
    private static partial Regex FolderName();

    /// <summary>Not the settings of the program, which have two underscores, and not variables for a node's own processes.</summary>
    [GeneratedRegex(@"(?<!\w)WAYSTATION_(?!DATA\b)[A-Z]+(_[A-Z]+)*(?!\w)", RegexOptions.ExplicitCapture)]
    private static partial Regex Variable();
}
