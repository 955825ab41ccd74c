using Waystation.SshFrontend.KeyAuthorities;
using Waystation.TestKit.Servers;

namespace Waystation.SshFrontend.Tests.KeyAuthorities;

public sealed class PasswordFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("s3cret")]
    [InlineData("s3cret\n")]
    [InlineData("s3cret\r\n")]
    public async Task Password_IsTheLineWithoutItsEnd(string content) => Assert.Equal("s3cret", await ReadAsync(content));

    [Fact]
    public async Task Blanks_BelongToIt() => Assert.Equal(" a b ", await ReadAsync(" a b \n"));

    [Fact]
    public async Task RotatedFile_IsReadAnew()
    {
        Assert.Equal("first", await ReadAsync("first\n"));
        Assert.Equal("second", await ReadAsync("second\n"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("s3cret\nmore\n")]
    public async Task NoPasswordOnOneLine_IsAnErrorThatQuotesNothing(string content)
    {
        KeyAuthorityException e = await Assert.ThrowsAsync<KeyAuthorityException>(() => ReadAsync(content));
        Assert.DoesNotContain("s3cret", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LongFile_IsAnError() => await Assert.ThrowsAsync<KeyAuthorityException>(() => ReadAsync(new string('x', 20_000)));

    [Fact]
    public async Task MissingFile_IsAnError() =>
        await Assert.ThrowsAsync<KeyAuthorityException>(() =>
            new PrimaryCredential.HttpUser("alice", _folder["none"]).ReadPasswordAsync(CancellationToken.None)
        );

    public void Dispose() => _folder.Dispose();

    private async Task<string> ReadAsync(string content)
    {
        await File.WriteAllTextAsync(_folder["password"], content);
        return await new PrimaryCredential.HttpUser("alice", _folder["password"]).ReadPasswordAsync(CancellationToken.None);
    }
}
