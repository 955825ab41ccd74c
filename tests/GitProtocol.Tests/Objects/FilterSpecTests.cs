using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Tests.Objects;

public sealed class FilterSpecTests
{
    [Theory]
    [InlineData("blob:none", "blob:none")]
    [InlineData("blob:limit=0", "blob:limit=0")]
    [InlineData("blob:limit=1k", "blob:limit=1024")]
    [InlineData("blob:limit=2M", "blob:limit=2097152")]
    [InlineData("blob:limit=1g", "blob:limit=1073741824")]
    [InlineData("tree:0", "tree:0")]
    [InlineData("object:type=commit", "object:type=commit")]
    [InlineData("combine:blob:none+tree:3", "combine:blob:none+tree:3")]
    [InlineData("combine:blob%3Alimit%3d1k+tree:3", "combine:blob:limit=1024+tree:3")]
    [InlineData("combine:tree:3", "combine:tree:3")]
    public void Known_IsTaken_InOneSpelling(string text, string normal)
    {
        Assert.True(FilterSpec.TryParse(text, out FilterSpec? filter));
        Assert.Equal(normal, filter.Text);
        Assert.True(FilterSpec.TryParse(normal, out FilterSpec? again));
        Assert.Equal(filter, again);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("blob:none ")]
    [InlineData("blob:None")]
    [InlineData("blob:limit=")]
    [InlineData("blob:limit=k")]
    [InlineData("blob:limit=-1")]
    [InlineData("blob:limit=010")]
    [InlineData("blob:limit=0x10")]
    [InlineData("blob:limit=1kk")]
    [InlineData("blob:limit=99999999999999999999")]
    [InlineData("blob:limit=999999999999999999g")]
    [InlineData("tree:")]
    [InlineData("tree:1k")]
    [InlineData("object:type=")]
    [InlineData("object:type=commits")]
    [InlineData("sparse:oid=main:filter")]
    [InlineData("sparse:path=x")]
    [InlineData("auto")]
    [InlineData("combine:")]
    [InlineData("combine:blob:none+")]
    [InlineData("combine:blob:none+sparse:oid=x")]
    [InlineData("combine:combine:blob:none+tree:1")]
    [InlineData("combine:blob:none+combine%3Atree:1")]
    [InlineData(
        "combine:tree:0+tree:0+tree:0+tree:0+tree:0+tree:0+tree:0+tree:0+tree:0+tree:0+tree:0+tree:0+tree:0+tree:0+tree:0+tree:0+tree:0"
    )]
    public void EverythingElse_IsForeign(string? text) => Assert.False(FilterSpec.TryParse(text, out _));
}
