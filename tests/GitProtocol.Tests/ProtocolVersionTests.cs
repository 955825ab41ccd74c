namespace Waystation.GitProtocol.Tests;

public sealed class ProtocolVersionTests
{
    [Theory]
    [InlineData(0, null)]
    [InlineData(0, "")]
    [InlineData(0, "version=0")]
    [InlineData(1, "version=1")]
    [InlineData(2, "version=2")]
    [InlineData(2, "version=1:version=2")]
    [InlineData(2, "version=2:version=0:version=1")]
    [InlineData(2, "hash=sha256:version=2:")]
    [InlineData(1, "version=1:version=3")]
    [InlineData(0, "version=3")]
    [InlineData(0, "version=02")]
    [InlineData(0, "version=+2")]
    [InlineData(0, "version= 2")]
    [InlineData(0, "version=2 ")]
    [InlineData(0, " version=2")]
    [InlineData(0, "version=2,version=1")]
    [InlineData(0, "VERSION=2")]
    [InlineData(0, "version=\u0662")]
    public void Version_IsTheHighestThatIsNamed_ToTheLetter(int expected, string? said) => Assert.Equal(expected, ProtocolVersion.Of(said));
}
