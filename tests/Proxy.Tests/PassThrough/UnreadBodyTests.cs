using System.Net.Http.Headers;
using Waystation.Proxy.Tests.Servers;

namespace Waystation.Proxy.Tests.PassThrough;

/// <summary>A body that the node has not read can be sent once: it is not sent again as an empty one.</summary>
public sealed class UnreadBodyTests(Front front) : IClassFixture<Front>
{
    [Fact]
    public async Task Request_OfARepositoryThatHasMoved_IsAnsweredByTheRedirect()
    {
        front.Primary.Answer(context =>
        {
            context.Response.StatusCode = 301;
            context.Response.Headers.Location = "/team/moved.git/git-upload-pack";
            return Task.CompletedTask;
        });
        using var content = new ByteArrayContent("a body of another type"u8.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        int asked = front.Primary.Requests.Count;

        using HttpResponseMessage answer = await front.SendAsync(HttpMethod.Post, "/team/unread.git/git-upload-pack", content);

        Assert.Equal(301, (int)answer.StatusCode);
        Assert.Equal(asked + 1, front.Primary.Requests.Count);
    }
}
