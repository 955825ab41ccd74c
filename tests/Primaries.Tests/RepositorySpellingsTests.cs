namespace Waystation.Primaries.Tests;

/// <summary>Paths over SSH and HTTP that name the same repository, and such as must not be taken for it.</summary>
public sealed class RepositorySpellingsTests
{
    private const int Seed = 17;

    /// <summary>For each kind: a spelling, and the name that it has; none if the kind has no repository there.</summary>
    public static TheoryData<string, string, string?> Spellings =>
        new()
        {
            // plain http-backend: the disk of the primary decides, so every spelling is its own repository
            { "Generic", "team/tool.git", "team/tool.git" },
            { "Generic", "team/tool", "team/tool" },
            { "Generic", "Team/tool.git", "Team/tool.git" },
            { "Generic", "team/tool.git/.git", "team/tool.git/.git" },
            { "Generic", "team/t%6Fol.git", "team/t%6Fol.git" },
            { "Generic", "team/tool.git;v=1", "team/tool.git;v=1" },
            { "Generic", "te%20am/t%C3%B6ol", "te%20am/t%C3%B6ol" },
            { "Generic", "team/%2541", "team/%2541" },
            { "Generic", ".../tool", ".../tool" },
            { "Generic", "", null },
            { "Generic", "team//tool.git", null },
            { "Generic", "/team/tool.git", null },
            { "Generic", "team/tool.git/", null },
            { "Generic", "team/./tool.git", null },
            { "Generic", "team/../tool.git", null },
            { "Generic", "team/%2e%2E/tool.git", null },
            { "Generic", "team/.%2e/tool.git", null },
            { "Generic", "team%2Ftool.git", null },
            { "Generic", "team/tool%00.git", null },
            { "Generic", "team/tool%0d%0aX", null },
            { "Generic", "team/tool%1b%5b31m", null },
            { "Generic", "team/%c0%ae%c0%ae/tool", null },
            { "Generic", "team/%c0%af", null },
            { "Generic", "team/%ff", null },
            { "Generic", "team/%ed%a0%80", null },
            { "Generic", "team/tool%", null },
            { "Generic", "team/tool%2", null },
            { "Generic", "team/tool%zz", null },
            { "Generic", "team/tool#x", null },
            { "Generic", "team/tool\\x", null },
            { "Generic", "team/to ol", null },
            { "Generic", "team/t\u00f6ol", null },
            // GitHub
            { "GitHub", "Team/Tool.git", "team/tool" },
            { "GitHub", "team/tool", "team/tool" },
            { "GitHub", "team/tool.GIT", "team/tool" },
            { "GitHub", "team/tool.git.git", null },
            { "GitHub", "team/tool.wiki.git", "team/tool.wiki" },
            { "GitHub", "team/.git", null },
            { "GitHub", "team/..git", null },
            { "GitHub", "team/%2e.git", null },
            { "GitHub", "team/t%6fol", "team/t%6fol" },
            // GitLab: groups nest, and it redirects from the path without .git
            { "GitLab", "group/sub/deep/tool.git", "group/sub/deep/tool" },
            { "GitLab", "Group/Sub/deep/tool", "group/sub/deep/tool" },
            { "GitLab", "group/sub/tool.wiki.git", "group/sub/tool.wiki" },
            { "GitLab", "group//tool.git", null },
            // Gitea
            { "Gitea", "Team/Tool.git", "team/tool" },
            { "Gitea", "team/tool", "team/tool" },
            // Bitbucket Data Center
            { "Bitbucket", "scm/TEAM/tool.git", "team/tool" },
            { "Bitbucket", "scm/team/Tool", "team/tool" },
            { "Bitbucket", "scm/~me/tool.git", "~me/tool" },
            { "Bitbucket", "scm/scm/tool.git", "scm/tool" },
            { "Bitbucket", "team/tool.git", null },
            { "Bitbucket", "SCM/team/tool.git", null },
            { "Bitbucket", "scm/tool.git", null },
            { "Bitbucket", "scm/team/sub/tool.git", null },
            { "Bitbucket", "context/scm/team/tool.git", null },
            // Azure DevOps: the collection and a project of the repository's name may be left out, and only Azure knows where
            { "Azure", "Org/Project/_git/Tool", "org/project/_git/tool" },
            { "Azure", "org/project/_git/tool.git", "org/project/_git/tool.git" },
            { "Azure", "org/My%20Project/_git/My%20Tool", "org/my%20project/_git/my%20tool" },
            { "Azure", "org/_git/tool", "org/_git/tool" },
            { "Azure", "DefaultCollection/Project/_git/tool", "defaultcollection/project/_git/tool" },
            { "Azure", "Project/_git/tool", "project/_git/tool" },
            { "Azure", "tfs/DefaultCollection/Project/_git/tool", "tfs/defaultcollection/project/_git/tool" },
            { "Azure", "org/project/_git/_full/tool", "org/project/_git/_full/tool" },
            { "Azure", "org/project/tool", null },
            { "Azure", "_git/tool", null },
            { "Azure", "org/project/_git/tool/x", null },
            // Gerrit: /a/ asks for a login, .git does not count, case does
            { "Gerrit", "a/plugins/tool", "plugins/tool" },
            { "Gerrit", "plugins/tool", "plugins/tool" },
            { "Gerrit", "a/plugins/tool.git", "plugins/tool" },
            { "Gerrit", "plugins/tool.git.git", "plugins/tool" },
            { "Gerrit", "Plugins/tool", "Plugins/tool" },
            { "Gerrit", "tool.GIT", "tool.GIT" },
            { "Gerrit", "A/tool", "A/tool" },
            { "Gerrit", "a/a/tool", "a/tool" },
            { "Gerrit", "%61/tool", "%61/tool" },
            { "Gerrit", "a/.git", null },
        };

    [Theory, MemberData(nameof(Spellings))]
    public void Name(string kind, string path, string? name) =>
        Assert.Equal(name, RepositoryPaths.NameOf(Enum.Parse<PrimaryKind>(kind), path));

    [Theory]
    [InlineData("Generic", "", "/team/tool.git", "team/tool.git")]
    [InlineData("Generic", "", "team/tool.git", "team/tool.git")]
    [InlineData("Generic", "", "team/to ol.git", "team/to%20ol.git")]
    [InlineData("Generic", "", "team/to%20ol.git", "team/to%2520ol.git")]
    [InlineData("Generic", "", "~me/tool.git", null)]
    [InlineData("Generic", "", "team/../tool.git", null)]
    [InlineData("Generic", "", "team/tool.git/", null)]
    [InlineData("Generic", "", "//team/tool.git", null)]
    [InlineData("Generic", "", "/", null)]
    [InlineData("Generic", "/srv/git", "/srv/git/team/tool.git", "team/tool.git")]
    [InlineData("Generic", "/srv/git", "/srv/github/tool.git", null)]
    [InlineData("Generic", "/srv/git", "team/tool.git", null)]
    [InlineData("GitHub", "", "Team/Tool", "Team/Tool")]
    [InlineData("GitHub", "", "team/.git", null)]
    [InlineData("Bitbucket", "", "/team/tool.git", "scm/team/tool.git")]
    [InlineData("Bitbucket", "", "/~me/tool.git", "scm/~me/tool.git")]
    [InlineData("Bitbucket", "", "scm/team/tool.git", null)]
    [InlineData("Azure", "", "v3/org/project/tool", "org/project/_git/tool")]
    [InlineData("Azure", "", "v3/org/my%20project/tool", "org/my%20project/_git/tool")]
    [InlineData("Azure", "", "v3/org/my project/tool", "org/my%20project/_git/tool")]
    [InlineData("Azure", "", "v3/org/my%2/tool", null)]
    [InlineData("Azure", "", "v3/org/%ff/tool", null)]
    [InlineData("Azure", "", "org/tool", null)]
    [InlineData("Gerrit", "", "plugins/tool", "a/plugins/tool")]
    [InlineData("Gerrit", "", "a/tool", "a/a/tool")]
    public void OverHttp(string kind, string prefix, string path, string? http) =>
        Assert.Equal(http, RepositoryPaths.OverHttp(Enum.Parse<PrimaryKind>(kind), prefix, path));

    /// <summary>Random changes of a path: two spellings share a name only if this kind of server reads them as one.</summary>
    [Theory]
    [InlineData("Generic")]
    [InlineData("GitHub")]
    [InlineData("GitLab")]
    [InlineData("Gitea")]
    [InlineData("Bitbucket")]
    [InlineData("Azure")]
    [InlineData("Gerrit")]
    public void RandomSpellings_ShareANameOnlyIfTheKindSaysSo(string kindName)
    {
        PrimaryKind kind = Enum.Parse<PrimaryKind>(kindName);
        var random = new Random(Seed);
        Dictionary<string, string> seen = new(StringComparer.Ordinal);
        int shared = 0;
        for (int i = 0; i < 20_000; i++)
        {
            string path = RandomPath(random);
            if (RepositoryPaths.NameOf(kind, path) is not { } name)
            {
                continue;
            }

            if (!seen.TryAdd(name, path) && seen[name] != path)
            {
                shared++;
                Assert.True(AsTheServerReads(kind, seen[name]) == AsTheServerReads(kind, path), $"seed {Seed}: {seen[name]} and {path}");
            }
        }

        Assert.Equal(kind != PrimaryKind.Generic, shared > 0);
    }

    private static string RandomPath(Random random)
    {
        string[] segments = ["scm", "SCM", "a", "A", "_git", "_GIT", "team", "Team", "to%6Fl", "tool", "Tool", ".", "..", "", "%2e", "v3"];
        string[] ends = ["", "", "", ".git", ".GIT", ".git.git", "/", "%00", ";x", "."];
        int count = random.Next(1, 5);
        return string.Join('/', Enumerable.Range(0, count).Select(_ => segments[random.Next(segments.Length)]))
            + ends[random.Next(ends.Length)];
    }

    /// <summary>The repository as the server's documentation says it, by other means than the code's.</summary>
    private static string AsTheServerReads(PrimaryKind kind, string path)
    {
        string[] parts = path.Split('/');
        switch (kind)
        {
            case PrimaryKind.Gerrit:
                return string.Join('/', parts[0] == "a" && parts.Length > 1 ? parts[1..] : parts)
                    .Replace(".git", "", StringComparison.Ordinal);
            case PrimaryKind.Bitbucket:
                Assert.Equal(("scm", 3), (parts[0], parts.Length));
                break;
            case PrimaryKind.Azure:
                return path.ToUpperInvariant();
            case PrimaryKind.Generic:
                return path;
        }

        string upper = path.ToUpperInvariant();
        return upper.EndsWith(".GIT", StringComparison.Ordinal) ? upper[..^4] : upper;
    }
}
