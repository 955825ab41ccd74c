namespace Waystation.Primaries.Tests;

public sealed class RepositoryPathsTests
{
    /// <summary>The paths that the node makes of a name lead back to that name.</summary>
    [Theory]
    [InlineData("Generic", "team/tool.git", "", "team/tool.git", "/team/tool.git")]
    [InlineData("Generic", "team/tool.git", "/srv/git", "team/tool.git", "/srv/git/team/tool.git")]
    [InlineData("Generic", "te%20am/tool", "", "te%20am/tool", "/te am/tool")]
    [InlineData("GitHub", "team/tool", "", "team/tool.git", "/team/tool.git")]
    [InlineData("GitLab", "group/sub/tool", "", "group/sub/tool.git", "/group/sub/tool.git")]
    [InlineData("Gitea", "team/tool", "", "team/tool.git", "/team/tool.git")]
    [InlineData("Bitbucket", "team/tool", "", "scm/team/tool.git", "/team/tool.git")]
    [InlineData("Azure", "org/project/_git/tool", "", "org/project/_git/tool", "/v3/org/project/tool")]
    [InlineData("Gerrit", "tool", "", "a/tool", "/tool")]
    public void PathsOfAName_LeadBackToIt(string kindName, string name, string prefix, string http, string ssh)
    {
        PrimaryKind kind = Enum.Parse<PrimaryKind>(kindName);
        Assert.Equal(http, RepositoryPaths.HttpPathOf(kind, name));
        Assert.Equal(ssh, RepositoryPaths.SshPathOf(kind, prefix, name));
        Assert.Equal(name, RepositoryPaths.NameOf(kind, http));
        Assert.Equal(name, RepositoryPaths.NameOf(kind, RepositoryPaths.OverHttp(kind, prefix, ssh)!));
    }
}
