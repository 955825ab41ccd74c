namespace Waystation.CacheStore.Tests;

/// <summary>The one grammar of repositories' paths.</summary>
public sealed class RepositoryPathTests
{
    [Theory]
    [InlineData("tool")]
    [InlineData("team/tool.git")]
    [InlineData("~me/a-b_c.d/tool")]
    [InlineData("org/project/_git/to%20ol")]
    [InlineData("t%C3%B6ol/100%25/@scope/a:b/x=1;y,z!$&'()*+")]
    [InlineData(".../..x/.hidden")]
    public void Path_IsTaken(string path) => Assert.True(RepositoryPath.IsWellFormed(path));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/team/tool")]
    [InlineData("team/tool/")]
    [InlineData("team//tool")]
    [InlineData("./tool")]
    [InlineData("team/../tool")]
    [InlineData("team/..")]
    [InlineData("team/%2e%2E/tool")]
    [InlineData("team/.%2e")]
    [InlineData("team%2Ftool")]
    [InlineData("team/tool?service=git-receive-pack")]
    [InlineData("team/tool#part")]
    [InlineData("team/to ol")]
    [InlineData("team\\tool")]
    [InlineData("team/tool\r\nX: y")]
    [InlineData("team/tool\n")]
    [InlineData("team/to\tol")]
    [InlineData("team/to\0ol")]
    [InlineData("team/tool%0d%0aX")]
    [InlineData("team/tool%00")]
    [InlineData("team/tool%7f")]
    [InlineData("team/tool%C2%85")]
    [InlineData("team/t%C3ol")]
    [InlineData("team/t%ol")]
    [InlineData("team/tool%4")]
    [InlineData("team/t\u00F6ol")]
    public void Text_IsNoPath(string? text) => Assert.False(RepositoryPath.IsWellFormed(text));

    [Fact]
    public void Path_IsBounded()
    {
        Assert.True(RepositoryPath.IsWellFormed(new string('a', RepositoryPath.MaxLength)));
        Assert.False(RepositoryPath.IsWellFormed(new string('a', RepositoryPath.MaxLength + 1)));
    }

    [Theory]
    [InlineData("/srv/t\u00F6ol/../x y", true)]
    [InlineData("~me/tool", true)]
    [InlineData("", false)]
    [InlineData("team/tool\n", false)]
    [InlineData("team/tool\u0085", false)]
    [InlineData("team/\uFFFD", false)]
    [InlineData("team/\uD800", false)]
    public void PathOverSsh_IsPlainText(string path, bool taken) => Assert.Equal(taken, RepositoryPath.IsWellFormedOverSsh(path));
}
