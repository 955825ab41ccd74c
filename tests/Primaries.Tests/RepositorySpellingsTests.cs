namespace Waystation.Primaries.Tests;

/// <summary>Paths over SSH and HTTP that name the same repository, and such as must not be taken for it.</summary>
public sealed class RepositorySpellingsTests
{
    [Theory]
    [InlineData("Generic", "", "/team/tool.git", "team/tool.git")]
    [InlineData("Generic", "", "team/tool.git", "team/tool.git")]
    [InlineData("Generic", "", "team/to ol.git", "team/to%20ol.git")]
    [InlineData("Generic", "", "~me/tool.git", null)]
    [InlineData("Generic", "", "team/../tool.git", null)]
    [InlineData("Generic", "", "//team/tool.git", null)]
    [InlineData("Generic", "", "/", null)]
    [InlineData("Generic", "/srv/git", "/srv/git/team/tool.git", "team/tool.git")]
    [InlineData("Generic", "/srv/git", "/srv/github/tool.git", null)]
    [InlineData("Generic", "/srv/git", "team/tool.git", null)]
    [InlineData("GitHub", "", "Team/Tool", "Team/Tool")]
    [InlineData("Bitbucket", "", "/team/tool.git", "scm/team/tool.git")]
    [InlineData("Bitbucket", "", "/~me/tool.git", "scm/~me/tool.git")]
    [InlineData("Azure", "", "v3/org/project/tool", "org/project/_git/tool")]
    [InlineData("Azure", "", "org/tool", null)]
    public void OverHttp(string kind, string prefix, string path, string? http) =>
        Assert.Equal(http, RepositoryPaths.OverHttp(Enum.Parse<PrimaryKind>(kind), prefix, path));

    [Theory]
    [InlineData("Generic", "team/tool.git", "team/tool", false)]
    [InlineData("Generic", "team/tool", "Team/tool", false)]
    [InlineData("GitHub", "team/tool.git", "Team/Tool", true)]
    [InlineData("GitLab", "group/sub/tool.git", "group/sub/tool", true)]
    [InlineData("Gitea", "team/tool.git", "team/tool2.git", false)]
    [InlineData("Bitbucket", "scm/TEAM/tool.git", "scm/team/tool", true)]
    [InlineData("Azure", "org/project/_git/tool", "Org/Project/_git/Tool", true)]
    [InlineData("Gerrit", "a/tool", "tool.git", true)]
    [InlineData("Gerrit", "Tool", "tool", false)]
    public void Names(string kind, string one, string other, bool same) =>
        Assert.Equal(
            same,
            RepositoryPaths.NameOf(Enum.Parse<PrimaryKind>(kind), one) == RepositoryPaths.NameOf(Enum.Parse<PrimaryKind>(kind), other)
        );
}
