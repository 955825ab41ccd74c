using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.Proxy.Tests.Identity;

/// <summary>Facts about a client by which the primary may decide tell clients apart on the node as well.</summary>
public sealed class CircumstanceTests(GitFront front) : IClassFixture<GitFront>
{
    private const string Inside = "127.0.0.1";
    private const string Outside = "127.0.0.2";

    [Fact]
    public async Task CachedPack_IsNotGiven_ToAnAddressThatThePrimaryKeepsOut()
    {
        (string repository, GitScript script) = front.Serve();
        front.Primary.Answer(context => IsInside(context) ? script.HandleAsync(context) : RefuseAsync(context));
        using HttpClient inside = LocalClient.From(Inside),
            outside = LocalClient.From(Outside);

        Assert.Equal(HttpStatusCode.OK, await FetchAsync(inside, repository));
        Assert.Equal(HttpStatusCode.OK, await FetchAsync(inside, repository));
        Assert.Equal(HttpStatusCode.Forbidden, await FetchAsync(outside, repository));
        Assert.Equal(HttpStatusCode.OK, await FetchAsync(inside, repository));
        Assert.Equal(1, script.Fetches);
    }

    [Fact]
    public async Task Advertisement_IsNotToldFromTheTicket_OfAnotherAddress()
    {
        (string repository, GitScript script) = front.Serve();
        using HttpClient inside = LocalClient.From(Inside),
            outside = LocalClient.From(Outside);

        await InfoRefsAsync(inside, repository);
        await InfoRefsAsync(inside, repository);
        await InfoRefsAsync(outside, repository);

        Assert.Equal(2, script.InfoRefs);
    }

    [Fact]
    public async Task Login_CountsFromEveryAddress_WhereOnlyAnonymousRequestsAreDecidedByIt()
    {
        (string repository, GitScript script) = front.Serve();
        using HttpClient inside = LocalClient.From(Inside),
            outside = LocalClient.From(Outside);

        await InfoRefsAsync(inside, repository, ("Authorization", "Basic YTpi"));
        await InfoRefsAsync(outside, repository, ("Authorization", "Basic YTpi"));

        Assert.Equal(1, script.InfoRefs);
    }

    /// <summary>A login that Connection names does not reach the primary: to it, each of these is
    /// anonymous, and decided by its address.</summary>
    [Fact]
    public async Task LoginThatConnectionNames_IsNoLogin_AndNoTicketOfTheLogin()
    {
        (string repository, GitScript script) = front.Serve();
        using HttpClient inside = LocalClient.From(Inside),
            outside = LocalClient.From(Outside);

        await InfoRefsAsync(inside, repository, ("Authorization", "Basic YTpi"), ("Connection", "Authorization"));
        await InfoRefsAsync(inside, repository, ("Authorization", "Basic YTpi"), ("Connection", "Authorization"));
        Assert.Equal(1, script.InfoRefs);
        Assert.Null(front.Primary.Request.Header("Authorization"));
        await InfoRefsAsync(outside, repository, ("Authorization", "Basic YTpi"), ("Connection", "Authorization"));
        Assert.Equal(2, script.InfoRefs);
        await InfoRefsAsync(inside, repository, ("Authorization", "Basic YTpi"));
        Assert.Equal(3, script.InfoRefs);
        await InfoRefsAsync(inside, repository);
        Assert.Equal(4, script.InfoRefs);
    }

    [Fact]
    public async Task TooManyRequests_OfOneAddress_IsNotHeldAgainstAnother()
    {
        (string repository, GitScript script) = front.Serve();
        front.Primary.Answer(context =>
        {
            if (IsInside(context))
            {
                return script.HandleAsync(context);
            }

            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            context.Response.Headers.RetryAfter = "600";
            return Task.CompletedTask;
        });
        using HttpClient inside = LocalClient.From(Inside),
            outside = LocalClient.From(Outside);

        Assert.Equal(HttpStatusCode.TooManyRequests, await InfoRefsAsync(outside, repository));
        Assert.Equal(HttpStatusCode.OK, await InfoRefsAsync(inside, repository));
    }

    [Fact]
    public async Task Advertisement_IsNotToldFromTheTicket_OfAnotherName()
    {
        (string repository, GitScript script) = front.Serve();

        await front.InfoRefsAsync(repository, "", ("Host", "one.example.test"));
        await front.InfoRefsAsync(repository, "", ("Host", "two.example.test"));
        await front.InfoRefsAsync(repository, "", ("Host", "one.example.test"));

        Assert.Equal(2, script.InfoRefs);
    }

    [Theory]
    [InlineData("X_Forwarded_For")]
    [InlineData("X_FORWARDED-Host")]
    public async Task ForwardingFields_SpeltForCgi_AreDroppedAsWell(string name)
    {
        front.Primary.AnswerText("ok");

        using HttpResponseMessage answer = await front.GetAsync("/page", (name, "10.9.8.7"));

        Assert.Null(front.Primary.Request.Header(name));
    }

    private static bool IsInside(HttpContext context) => context.Request.Headers["X-Forwarded-For"] == Inside;

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }

    private Task<HttpStatusCode> InfoRefsAsync(HttpClient client, string repository, params (string Name, string Value)[] headers) =>
        SendAsync(client, HttpMethod.Get, $"{repository}/info/refs?service=git-upload-pack", null, headers);

    private Task<HttpStatusCode> FetchAsync(HttpClient client, string repository)
    {
        var content = new ByteArrayContent(Lines.ToBytes(["command=fetch", "0001", "ofs-delta", $"want {GitScript.Tip}", "done", "0000"]));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-git-upload-pack-request");
        return SendAsync(client, HttpMethod.Post, $"{repository}/git-upload-pack", content);
    }

    private async Task<HttpStatusCode> SendAsync(
        HttpClient client,
        HttpMethod method,
        string target,
        HttpContent? content,
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(method, front.At(target)) { Content = content };
        foreach ((string name, string value) in headers.Prepend(("Git-Protocol", "version=2")))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage answer = await client.SendAsync(request);
        return answer.StatusCode;
    }
}

/// <summary>The effect of the setting on addresses.</summary>
public sealed class AddressRuleTests
{
    [Theory]
    [InlineData("anonymous", false, 2)]
    [InlineData("anonymous", true, 1)]
    [InlineData("all", false, 2)]
    [InlineData("all", true, 2)]
    [InlineData("none", false, 1)]
    [InlineData("none", true, 1)]
    public async Task Ticket_IsSharedBetweenAddresses_AsTheSettingSays(string rule, bool isLoggedIn, int asked)
    {
        await using ScriptedPrimary primary = await ScriptedPrimary.StartAsync();
        await using TestKit.Servers.WaystationNode node = await TestKit.Servers.WaystationNode.StartAsync(
            primary.Url,
            new TestKit.Servers.NodeSettings { Options = ["--Primaries:0:DecidesByAddress", rule] }
        );
        var script = new GitScript();
        primary.Answer(script.HandleAsync);
        for (int client = 1; client <= 2; client++)
        {
            using HttpClient from = LocalClient.From(string.Create(CultureInfo.InvariantCulture, $"127.0.0.{client}"));
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Url, "/tool.git/info/refs?service=git-upload-pack"));
            request.Headers.Add("Git-Protocol", "version=2");
            if (isLoggedIn)
            {
                request.Headers.TryAddWithoutValidation("Authorization", "Basic YTpi");
            }

            using HttpResponseMessage answer = await from.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.Equal(asked, script.InfoRefs);
    }
}
