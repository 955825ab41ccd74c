namespace Waystation.Architecture.Tests;

/// <summary>Inside a project, folders are floors: no two of them use each other, however long the way around.</summary>
public sealed class NamespaceArrowsTests
{
    private static readonly string[] s_bannedSuffixes =
    [
        "Manager",
        "Helper",
        "Helpers",
        "Util",
        "Utils",
        "Processor",
        "Wrapper",
        "Info",
        "Data",
        "Impl",
    ];

    [Theory]
    [InlineData("GitProtocol")]
    [InlineData("CacheStore")]
    [InlineData("FetchCore")]
    [InlineData("SshFrontend")]
    [InlineData("Primaries")]
    [InlineData("Farm")]
    [InlineData("Proxy")]
    public void Namespaces_FormNoCircle(string project)
    {
        IReadOnlyDictionary<string, IReadOnlySet<string>> arrows = SourceTree.NamespaceArrows(project);
        foreach (string start in arrows.Keys)
        {
            Assert.False(Reaches(arrows, start, start), $"{project}: {start} uses itself by way of {string.Join(", ", arrows[start])}");
        }
    }

    [Theory]
    [InlineData("GitProtocol")]
    [InlineData("CacheStore")]
    [InlineData("FetchCore")]
    [InlineData("SshFrontend")]
    [InlineData("Primaries")]
    [InlineData("Farm")]
    [InlineData("Proxy")]
    public void Namespaces_FollowFolders(string project)
    {
        foreach (SourceFile file in SourceTree.FilesOf(project).Where(static file => file.Namespace.Length > 0))
        {
            Assert.Equal(file.Folder.Length == 0 ? $"Waystation.{project}" : $"Waystation.{project}.{file.Folder}", file.Namespace);
        }
    }

    [Fact]
    public void Types_AreNounsOfTheField()
    {
        IEnumerable<string> banned = new[]
        {
            "GitProtocol",
            "CacheStore",
            "FetchCore",
            "Primaries",
            "SshFrontend",
            "Farm",
            "Proxy",
            "SshRelay",
        }
            .SelectMany(SourceTree.FilesOf)
            .SelectMany(static file => file.Types)
            .Where(static type => Array.Exists(s_bannedSuffixes, suffix => type.EndsWith(suffix, StringComparison.Ordinal)));
        Assert.Empty(banned);
    }

    private static bool Reaches(IReadOnlyDictionary<string, IReadOnlySet<string>> arrows, string from, string to)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(arrows[from]);
        while (open.TryPop(out string? next))
        {
            if (next == to)
            {
                return true;
            }

            if (seen.Add(next) && arrows.TryGetValue(next, out IReadOnlySet<string>? further))
            {
                foreach (string one in further)
                {
                    open.Push(one);
                }
            }
        }

        return false;
    }
}
