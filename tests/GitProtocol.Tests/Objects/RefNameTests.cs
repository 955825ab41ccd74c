using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Tests.Objects;

public sealed class RefNameTests
{
    [Theory]
    [InlineData("HEAD")]
    [InlineData("refs/heads/main")]
    [InlineData("refs/heads/\u00fc\u00ff")]
    [InlineData("refs/pull/1/head")]
    [InlineData("refs/heads/a@b")]
    public void NameThatGitTakes_IsValid(string name) => Assert.True(RefName.IsValid(name));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("/refs")]
    [InlineData("refs/")]
    [InlineData("refs//heads")]
    [InlineData("refs/.hidden")]
    [InlineData("refs/a.lock")]
    [InlineData("refs/a.lock/b")]
    [InlineData("refs/a..b")]
    [InlineData("refs/a.")]
    [InlineData("refs/a@{1}")]
    [InlineData("refs/a b")]
    [InlineData("refs/a~1")]
    [InlineData("refs/a^")]
    [InlineData("refs/a:b")]
    [InlineData("refs/*")]
    [InlineData("refs/a\\b")]
    [InlineData("refs/a\u007f")]
    [InlineData("refs/a\n")]
    public void NameThatGitRefuses_IsNotValid(string? name) => Assert.False(RefName.IsValid(name));

    [Fact]
    public void Bytes_AndBack_LoseNothing()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        Assert.Equal(all, RefName.ToBytes(RefName.FromBytes(all)));
    }

    [Fact]
    public void Length_IsBounded() => Assert.False(RefName.IsValid(new string('a', RefName.MaxLength + 1)));
}
