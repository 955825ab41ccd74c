using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Http;

/// <summary>A path that is no repository's goes to the primary to the letter, and nothing of it is kept.</summary>
public sealed class OddPathTests(GitFront front) : IClassFixture<GitFront>
{
    [Theory]
    [InlineData("/team/../tool.git")]
    [InlineData("/team//tool.git")]
    [InlineData("/team/%2e%2e/tool.git")]
    [InlineData("/team/tool%0d%0a.git")]
    [InlineData("/team%2ftool.git")]
    public async Task OddPath_IsForwarded_AndNothingIsKept(string path)
    {
        (_, GitScript script) = front.Serve();
        for (int i = 1; i <= 2; i++)
        {
            Assert.Contains("malformed", await front.InfoRefsAsync(path), StringComparison.Ordinal);
            (string status, byte[]? body) = await front.FetchToEndAsync(path);
            Assert.Contains("malformed", status, StringComparison.Ordinal);
            Assert.NotNull(body);
            Assert.Equal((i, i), (script.InfoRefs, script.Fetches));
            Assert.Equal(path + "/git-upload-pack", front.Primary.Request.Target);
        }

        Assert.All(await front.RecordedAsync(path, 2), static fetch => Assert.Equal(("bypass malformed", "whole"), fetch));
    }

    [Theory]
    [InlineData("/team/to\tol.git")]
    [InlineData("/team/to\u0001ol.git")]
    public async Task ControlCharacter_ReachesNobody(string path)
    {
        front.Serve();
        RawAnswer answer = await RawConnection.AskAsync(
            front.Node.Url,
            System.Text.Encoding.ASCII.GetBytes(
                $"GET {path}/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )
        );
        Assert.Equal(400, answer.Status);
        Assert.Empty(front.Primary.Requests);
    }
}
