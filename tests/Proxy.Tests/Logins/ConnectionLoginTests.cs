using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Logins;

/// <summary>A primary whose logins belong to a connection: no other client's request may ever use that connection.</summary>
public sealed class ConnectionLoginTests(GitFront front) : IClassFixture<GitFront>
{
    private const string Repository = "/team/tool.git";
    private const string Refs = Repository + "/info/refs?service=git-upload-pack";

    [Fact]
    public async Task Login_Holds_OnItsOwnConnection()
    {
        Guard();
        using HttpClient alice = Front.NewClient();
        await LogInAsync(alice);

        Assert.Equal((200, "waystation; fwd=bypass; detail=connection-login"), await AskAsync(alice));
    }

    [Fact]
    public async Task Login_IsNobodyElses_HoweverManyAsk()
    {
        Guard();
        using HttpClient alice = Front.NewClient();
        await LogInAsync(alice);
        using HttpClient bob = Front.NewClient();

        (int Status, string)[] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => AskAsync(bob)));

        Assert.All(answers, answer => Assert.Equal(401, answer.Status));
    }

    [Fact]
    public async Task Pack_IsNobodyElses_AfterTheLoggedInFetchedIt()
    {
        GitScript script = Guard();
        using HttpClient alice = Front.NewClient();
        await LogInAsync(alice);
        using (HttpResponseMessage hers = await PostAsync(alice))
        {
            await hers.Content.ReadAsByteArrayAsync();
            Assert.Equal(200, (int)hers.StatusCode);
        }

        using HttpClient bob = Front.NewClient();
        using HttpResponseMessage his = await PostAsync(bob);

        Assert.Equal((401, 1), ((int)his.StatusCode, script.Fetches));
    }

    [Fact]
    public async Task UpstreamConnection_IsClosed_WithTheClients()
    {
        Guard();
        HttpClient alice = Front.NewClient();
        await LogInAsync(alice);
        string upstream = front.Primary.Request.Connection;
        Assert.Contains(upstream, front.Primary.OpenConnections);

        alice.Dispose();

        await Eventually.TrueAsync("the connection that was logged in is closed", () => !front.Primary.OpenConnections.Contains(upstream));
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, Uri url, string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.TryAddWithoutValidation("Git-Protocol", "version=2");
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        return await client.SendAsync(request);
    }

    private async Task LogInAsync(HttpClient client)
    {
        using HttpResponseMessage challenge = await SendAsync(client, front.At(Refs), "NTLM type1");
        Assert.Equal("NTLM challenge", challenge.Headers.WwwAuthenticate.Single().ToString());
        using HttpResponseMessage accepted = await SendAsync(client, front.At(Refs), "NTLM type3");
        Assert.Equal(200, (int)accepted.StatusCode);
    }

    private async Task<(int Status, string CacheStatus)> AskAsync(HttpClient client)
    {
        using HttpResponseMessage answer = await SendAsync(client, front.At(Refs), null);
        return ((int)answer.StatusCode, GitFront.StatusOf(answer));
    }

    private async Task<HttpResponseMessage> PostAsync(HttpClient client)
    {
        using var content = new ByteArrayContent(
            TestKit.Wire.Lines.ToBytes("command=fetch", "0001", $"want {GitScript.Tip}", "done", "0000")
        );
        content.Headers.ContentType = new("application/x-git-upload-pack-request");
        return await client.PostAsync(front.At(Repository + "/git-upload-pack"), content);
    }

    private GitScript Guard()
    {
        var script = new GitScript();
        front.Primary.Answer(async context =>
        {
            IDictionary<object, object?> connection = context.Features.GetRequiredFeature<IConnectionItemsFeature>().Items;
            string authorization = context.Request.Headers.Authorization.ToString();
            if (authorization == "NTLM type3" && connection.ContainsKey("challenged"))
            {
                connection["user"] = "alice";
            }

            if (connection.ContainsKey("user"))
            {
                await script.HandleAsync(context);
                return;
            }

            connection["challenged"] = authorization == "NTLM type1" ? true : null;
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = authorization == "NTLM type1" ? "NTLM challenge" : "NTLM";
        });
        return script;
    }
}
