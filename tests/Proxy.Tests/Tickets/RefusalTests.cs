using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.Proxy.Tests.Tickets;

/// <summary>Everything that is not Git's success ends the capabilities, and a failure is no refusal.</summary>
public sealed class RefusalTests(GitFront front) : RefusalCases(front), IClassFixture<GitFront>
{
    [Theory]
    [InlineData("302")]
    [InlineData("203")]
    [InlineData("410")]
    [InlineData("html")]
    [InlineData("service-err")]
    public async Task Refusal_EndsTheCapabilities(string refusal)
    {
        (string repository, GitScript script) = await ServeAcceptedAsync();
        Assert.Equal(Hit, await Front.InfoRefsAsync(repository));
        script.Instead = Refusals[refusal];
        using (await Questions["ls-refs"](Front, repository)) { }

        script.Instead = null;
        Assert.NotEqual(Hit, await Front.InfoRefsAsync(repository));
    }

    [Theory]
    [InlineData("ERR upload-pack: not our ref " + GitScript.Hidden)]
    [InlineData("ERR the server is busy, try again later")]
    public async Task ErrorThatIsNotOfTheUser_EndsNothing(string error)
    {
        (string repository, GitScript script) = await ServeAcceptedAsync();
        script.Instead = context => SayAsync(context, 200, Result, Text(error));
        using (HttpResponseMessage answer = await Front.FetchAsync(repository, GitScript.Hidden))
        {
            Assert.Equal(Text(error), await answer.Content.ReadAsStringAsync());
        }

        script.Instead = null;
        Assert.Equal(Hit, await Front.InfoRefsAsync(repository));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(408)]
    [InlineData(503)]
    public async Task Failure_IsNoRefusal(int status)
    {
        (string repository, GitScript script) = await ServeAcceptedAsync();
        script.Instead = context => SayAsync(context, status, "text/plain", "later");
        using (await Questions["unknown fetch"](Front, repository)) { }

        script.Instead = null;
        Assert.Equal(Hit, await Front.InfoRefsAsync(repository));
    }
}
