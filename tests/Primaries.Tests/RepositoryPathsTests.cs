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
    [InlineData("Azure", "org/my%20project/_git/my%20tool", "", "org/my%20project/_git/my%20tool", "/v3/org/my%20project/my%20tool")]
    [InlineData("Bitbucket", "scm/tool", "", "scm/scm/tool.git", "/scm/tool.git")]
    [InlineData("Bitbucket", "~me/tool", "", "scm/~me/tool.git", "/~me/tool.git")]
    [InlineData("Gerrit", "tool", "", "a/tool", "/tool")]
    [InlineData("Gerrit", "a/tool", "", "a/a/tool", "/a/tool")]
    [InlineData("Gerrit", "plugins/A-b", "", "a/plugins/A-b", "/plugins/A-b")]
    public void PathsOfAName_LeadBackToIt(string kindName, string name, string prefix, string http, string ssh)
    {
        PrimaryKind kind = Enum.Parse<PrimaryKind>(kindName);
        Assert.Equal(http, RepositoryPaths.HttpPathOf(kind, name));
        Assert.Equal(ssh, RepositoryPaths.SshPathOf(kind, prefix, name));
        Assert.Equal(name, RepositoryPaths.NameOf(kind, http));
        Assert.Equal(name, RepositoryPaths.NameOf(kind, RepositoryPaths.OverHttp(kind, prefix, ssh)!));
        Assert.Equal(name, RepositoryPaths.NameOfText(kind, name));
    }
}
