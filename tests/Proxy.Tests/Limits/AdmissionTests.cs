using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Identity;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Limits;

/// <summary>Clients that the operator refuses by their address, and clients that ask too often.</summary>
public sealed class AdmissionTests(AdmissionTests.LimitedFront front) : IClassFixture<AdmissionTests.LimitedFront>
{
    private const string Refs = "/team/tool.git/info/refs?service=git-upload-pack";

    [Theory]
    [InlineData(Refs)]
    [InlineData("/team/tool.git/git-upload-pack")]
    [InlineData("/team/tool.git/info/refs?service=git-receive-pack")]
    [InlineData("/api/v4/projects")]
    public async Task DeniedClient_IsTold_AndThePrimaryIsNotAsked(string target)
    {
        front.Primary.AnswerText("welcome");

        (int status, string text, _) = await AskAsync("127.0.0.30", target);

        Assert.Equal((403, "waystation: the operator of this node does not allow requests from 127.0.0.30\n"), (status, text));
        Assert.Empty(front.Primary.Requests);
        Assert.Equal(200, (await AskAsync("127.0.0.31", "/api/v4/projects")).Status);
    }

    [Fact]
    public async Task DeniedClient_IsToldAsGitLfsShowsIt()
    {
        (int status, string text, _) = await AskAsync(
            "127.0.0.30",
            "/team/tool.git/info/lfs/objects/batch",
            ("Accept", "application/vnd.git-lfs+json")
        );

        Assert.Equal(403, status);
        Assert.Contains(
            "\"message\":\"waystation: the operator of this node does not allow requests from 127.0.0.30\"",
            text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task DeniedClient_ReachesThePagesThatAreNotThePrimarys()
    {
        Assert.Equal(404, (await AskAsync("127.0.0.30", "/.waystation/farm/anything")).Status);
        Assert.NotEqual(403, (await AskAsync("127.0.0.30", "/.waystation/hooks/gitlab")).Status);
    }

    [Fact]
    public async Task Address_ThatAsksTooOften_IsToldWhenToCome_AndOthersAreServed()
    {
        front.Primary.AnswerText("welcome");
        int served = 0;
        (int Status, string Text, string? RetryAfter) answer;
        while ((answer = await AskAsync("127.0.0.40", "/page")).Status == 200)
        {
            Assert.InRange(++served, 1, 60);
        }

        Assert.InRange(served, 20, 60);
        Assert.Equal(429, answer.Status);
        Assert.Equal($"waystation: 127.0.0.40 sends too many requests; try again in {answer.RetryAfter} s\n", answer.Text);
        Assert.InRange(int.Parse(answer.RetryAfter!, CultureInfo.InvariantCulture), 1, 3);
        Assert.Equal(200, (await AskAsync("127.0.0.41", "/page")).Status);
        Assert.Equal(404, (await AskAsync("127.0.0.40", "/.waystation/farm/anything")).Status);
        using HttpResponseMessage health = await front.Client.GetAsync(new Uri(front.Node.Admin, "/healthz"));
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    [Theory]
    [InlineData("/page")]
    [InlineData(Refs)]
    public async Task Login_ThatAsksTooOften_IsToldWhenToCome_WhateverElseItSends(string target)
    {
        front.Primary.AnswerText("welcome");
        string login = $"Bearer {Guid.NewGuid()}";
        List<int> seen = [];
        string text = "";
        for (int i = 0; i < 8; i++)
        {
            // From addresses of its own, and with a field that makes it somebody else to the primary.
            (int status, text, _) = await AskAsync($"127.0.1.{i + 1}", target, ("Authorization", login), ("X-Anything", $"{i}"));
            seen.Add(status);
        }

        Assert.Equal([200, 200, 200, 200, 200, 429], seen.Take(6));
        Assert.StartsWith("waystation: this login sends too many requests; try again in ", text, StringComparison.Ordinal);
        Assert.DoesNotContain(login["Bearer ".Length..], front.Node.Log, StringComparison.Ordinal);
        Assert.Equal(200, (await AskAsync("127.0.1.1", target, ("Authorization", login + "x"))).Status);
    }

    [Fact]
    public async Task Login_InAFieldOfAForge_CountsWhereGitAsks()
    {
        front.Primary.AnswerText("welcome");
        string token = Guid.NewGuid().ToString();
        List<int> seen = [];
        for (int i = 0; i < 6; i++)
        {
            seen.Add((await AskAsync($"127.0.2.{i + 1}", Refs, ("PRIVATE-TOKEN", token))).Status);
        }

        Assert.Equal([200, 200, 200, 200, 200, 429], seen);
    }

    [Fact]
    public async Task Body_IsGivenUp_WhenItComesTooSlowly_AndTakenWhenItIsMerelySlow()
    {
        front.Primary.Answer(static async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            await context.Response.WriteAsync("taken", context.RequestAborted);
        });

        RawAnswer[] answers = await Task.WhenAll(SendAsync(bytes: 400), SendAsync(bytes: 1));

        Assert.Equal("taken", answers[0].Text);
        Assert.NotEqual("taken", answers[1].Text);

        async Task<RawAnswer> SendAsync(int bytes)
        {
            const int Pieces = 20;
            using RawConnection connection = await RawConnection.OpenAsync(front.Node.Url);
            await connection.SendAsync(
                Encoding.ASCII.GetBytes($"POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {bytes * Pieces}\r\n\r\n")
            );
            try
            {
                for (int i = 0; i < Pieces; i++)
                {
                    await Task.Delay(250);
                    await connection.SendAsync(new byte[bytes]);
                }
            }
            catch (IOException)
            {
                // The node has closed the connection.
                return RawAnswer.Parse([]);
            }

            return await connection.ReadToEndAsync();
        }
    }

    [Fact]
    public async Task AdminAddress_RefusesWhomItIsNotFor()
    {
        using HttpClient allowed = LocalClient.From("127.0.0.50");
        using HttpClient other = LocalClient.From("127.0.0.51");
        await using WaystationNode node = await WaystationNode.StartAsync(
            front.Primary.Url,
            new NodeSettings { Options = ["--Admin:Allow", "127.0.0.50;2001:db8::/32"] }
        );

        Assert.Equal("healthy", (await allowed.GetStringAsync(new Uri(node.Admin, "/healthz"))).Trim());
        using HttpResponseMessage refused = await other.GetAsync(new Uri(node.Admin, "/healthz"));
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal(
            "The operator of this node does not allow 127.0.0.51 here (Admin:Allow).\n",
            await refused.Content.ReadAsStringAsync()
        );
    }

    private async Task<(int Status, string Text, string? RetryAfter)> AskAsync(
        string from,
        string target,
        params (string Name, string Value)[] fields
    )
    {
        using HttpClient client = LocalClient.From(from);
        using var request = new HttpRequestMessage(HttpMethod.Get, front.At(target));
        foreach ((string name, string value) in fields)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage answer = await client.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.RetryAfter?.ToString());
    }

    public sealed class LimitedFront()
        : Front(
            "--Primaries:0:Clients:Allow",
            "127.0.0.0/8",
            "--Primaries:0:Clients:Deny",
            "127.0.0.30",
            "--Clients:MaxRequestsPerAddress",
            "20",
            "--Clients:MaxRequestsPerCredential",
            "5",
            "--Clients:StallTimeout",
            "00:00:02"
        );
}
