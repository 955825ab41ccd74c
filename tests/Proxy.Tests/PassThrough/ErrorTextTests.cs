using System.Text;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Servers;

namespace Waystation.Proxy.Tests.PassThrough;

/// <summary>
/// git shows the body of an error whose type is <c>text/plain</c>, put into its own charset: what a failing primary wrote reaches the
/// client to the byte, also where the node takes the failure for an outage.
/// </summary>
public sealed class ErrorTextTests : IAsyncLifetime
{
    private readonly GitFront _front = new();

    public Task InitializeAsync() => _front.InitializeAsync();

    public Task DisposeAsync() => _front.DisposeAsync();

    [Theory]
    [InlineData("text/plain", "iso-8859-1", true)]
    [InlineData("text/plain; charset=utf-8", "utf-8", true)]
    [InlineData("text/plain; charset=utf-16", "utf-16", true)]
    [InlineData("text/plain; foo=bar ;charset=utf-16; other=nonsense", "utf-16", true)]
    [InlineData("text/html", "utf-8", true)]
    [InlineData("text/plain", "utf-8", false)] // all of the primary fails
    public async Task Error_IsToldInThePrimarysWords(string type, string charset, bool isRepositorysAlone)
    {
        (string repository, _) = _front.Serve();
        byte[] words = Encoding.GetEncoding(charset).GetBytes("broken on purpose\n");
        _front.Primary.Answer(context =>
        {
            if (isRepositorysAlone && !context.Request.Path.StartsWithSegments(repository, StringComparison.Ordinal))
            {
                return Task.CompletedTask;
            }

            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            context.Response.Headers.ContentType = type;
            return context.Response.Body.WriteAsync(words).AsTask();
        });

        using HttpResponseMessage answer = await _front.GetAsync(
            $"{repository}/info/refs?service=git-upload-pack",
            ("Git-Protocol", "version=2")
        );

        Assert.Equal(500, (int)answer.StatusCode);
        Assert.Equal(type, answer.Content.Headers.NonValidated["Content-Type"].ToString());
        Assert.Equal(words, await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Error_ThatIsLong_IsToldInTheNodesWords()
    {
        (string repository, _) = _front.Serve();
        _front.Primary.Answer(context =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return context.Response.Body.WriteAsync(new byte[100_000]).AsTask();
        });

        using HttpResponseMessage answer = await _front.GetAsync(
            $"{repository}/info/refs?service=git-upload-pack",
            ("Git-Protocol", "version=2")
        );

        Assert.Equal(503, (int)answer.StatusCode);
        Assert.StartsWith("waystation: ", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
