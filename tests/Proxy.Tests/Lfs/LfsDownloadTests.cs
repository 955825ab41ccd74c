using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Waystation.Proxy.Tests.Identity;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Lfs;

/// <summary>Downloads of LFS objects through the node: what the primary and the storage are asked, and with which fields.</summary>
public sealed class LfsDownloadTests(LfsFront front) : IClassFixture<LfsFront>
{
    [Fact]
    public async Task Answer_NamesTheNode_AndTheObjectComesOnceFromTheStorage()
    {
        (byte[] bytes, string oid) = front.NewObject();
        front.Permit(
            oid,
            bytes.Length,
            $$"""
            "download":{"href":"{{front.Storage.Url}}o?sig=1","header":{"X-Token":"t","Authorization":"Bearer s"},"expires_in":900}
            """
        );
        front.Store(bytes);

        using HttpResponseMessage answer = await front.BatchAsync(oid, bytes.Length);
        JsonNode one = (await LfsFront.JsonOfAsync(answer))["objects"]![0]!;
        var url = new Uri((string)one["actions"]!["download"]!["href"]!);

        Assert.Equal(front.Node.Url.Authority, url.Authority);
        Assert.True((bool)one["authenticated"]!);
        Assert.Null(one["actions"]!["download"]!["header"]);
        Assert.InRange((int)one["actions"]!["download"]!["expires_in"]!, 1, 600);
        Assert.Equal("waystation; fwd=miss; stored", await GetAsync());
        // The first answer ends a moment before the object is stored.
        await Eventually.TrueAsync("the object is stored", async () => await GetAsync() == "waystation; hit");

        SeenRequest asked = Assert.Single(front.Storage.Requests);
        Assert.Equal(("/o?sig=1", "t", "Bearer s"), (asked.Target, asked.Header("X-Token"), asked.Header("Authorization")));

        async Task<string> GetAsync()
        {
            using HttpResponseMessage got = await front.Client.GetAsync(url);
            Assert.Equal(bytes, await got.Content.ReadAsByteArrayAsync());
            Assert.Equal($"\"{oid}\"", got.Headers.ETag!.Tag);
            return GitFront.StatusOf(got);
        }
    }

    [Fact]
    public async Task SignedUrl_IsRefused_ToAClientThatTheOperatorRefuses()
    {
        (byte[] bytes, string oid) = front.NewObject();
        front.PermitAtStorage(oid, bytes.Length);
        front.Store(bytes);
        Uri url = await front.UrlAsync(oid, bytes.Length);
        using HttpClient denied = LocalClient.From(LfsFront.Denied);

        using HttpResponseMessage refused = await denied.GetAsync(url);
        using HttpResponseMessage served = await front.Client.GetAsync(url);

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.OK), (refused.StatusCode, served.StatusCode));
        Assert.Contains("does not allow requests from 127.0.0.30", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bytes=10-19", 206, 10, 10)]
    [InlineData("bytes=990-", 206, 990, 10)]
    [InlineData("bytes=-5", 206, 995, 5)]
    [InlineData("bytes=995-2000", 206, 995, 5)]
    [InlineData("bytes=0-0,5-6", 200, 0, 1_000)]
    [InlineData("lines=0-1", 200, 0, 1_000)]
    [InlineData("bytes=1000-", 416, 0, 0)]
    public async Task Ranges(string range, int status, int from, int count)
    {
        (byte[] bytes, string oid) = front.NewObject();
        front.PermitAtStorage(oid, bytes.Length);
        front.Store(bytes);
        Uri url = await front.UrlAsync(oid, bytes.Length);
        for (int i = 0; i < 2; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.TryAddWithoutValidation("Range", range);
            using HttpResponseMessage got = await front.Client.SendAsync(request);

            Assert.Equal(status, (int)got.StatusCode);
            if (status < 400)
            {
                Assert.Equal(bytes[from..(from + count)], await got.Content.ReadAsByteArrayAsync());
            }
        }
    }

    [Fact]
    public async Task ConditionsOfTheClient_AreKept()
    {
        (byte[] bytes, string oid) = front.NewObject();
        front.PermitAtStorage(oid, bytes.Length);
        front.Store(bytes);
        Uri url = await front.UrlAsync(oid, bytes.Length);

        using HttpResponseMessage head = await front.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, url));
        Assert.Equal((200, 1_000L), ((int)head.StatusCode, head.Content.Headers.ContentLength));
        Assert.Empty(front.Storage.Requests);

        using var known = new HttpRequestMessage(HttpMethod.Get, url);
        known.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{oid}\""));
        Assert.Equal(HttpStatusCode.NotModified, (await front.Client.SendAsync(known)).StatusCode);

        using var other = new HttpRequestMessage(HttpMethod.Get, url);
        other.Headers.Range = new RangeHeaderValue(1, 2);
        other.Headers.TryAddWithoutValidation("If-Range", "\"another\"");
        using HttpResponseMessage whole = await front.Client.SendAsync(other);
        Assert.Equal((200, 1_000), ((int)whole.StatusCode, (await whole.Content.ReadAsByteArrayAsync()).Length));

        Assert.Equal(405, (int)(await front.Client.DeleteAsync(url)).StatusCode);
    }

    [Theory]
    [InlineData("", true)] // the action says nothing about logins, so a client would send its own to the same host
    [InlineData(",\"authenticated\":true", false)]
    public async Task OnThePrimaryItself_TheLoginGoesAlong_WhereTheObjectNeedsOne(string more, bool hasLogin)
    {
        (byte[] bytes, string oid) = front.NewObject();
        front.Permit(
            oid,
            bytes.Length,
            $$"""
            "download":{"href":"{{front.Primary.Url}}objects/{{oid}}"}
            """,
            more,
            context => context.Response.Body.WriteAsync(bytes).AsTask()
        );
        Uri url = await front.UrlAsync(oid, bytes.Length);

        Assert.Equal(bytes, await front.Client.GetByteArrayAsync(url));
        Assert.Equal(hasLogin ? LfsFront.Alice : null, front.Primary.Request.Header("Authorization"));
    }

    [Theory]
    [InlineData(302)]
    [InlineData(307)]
    public async Task RedirectToTheStorage_TakesNoLoginAlong(int status)
    {
        (byte[] bytes, string oid) = front.NewObject();
        front.Permit(
            oid,
            bytes.Length,
            $$"""
            "download":{"href":"{{front.Primary.Url}}objects/{{oid}}","header":{"X-Kept":"1","Cookie":"c=1"} }
            """,
            other: context =>
            {
                context.Response.StatusCode = status;
                context.Response.Headers.Location = $"{front.Storage.Url}signed?x=1";
                return Task.CompletedTask;
            }
        );
        front.Store(bytes);

        Assert.Equal(bytes, await front.Client.GetByteArrayAsync(await front.UrlAsync(oid, bytes.Length)));

        Assert.Equal(LfsFront.Alice, front.Primary.Request.Header("Authorization"));
        SeenRequest asked = Assert.Single(front.Storage.Requests);
        Assert.Equal((null, null, "1"), (asked.Header("Authorization"), asked.Header("Cookie"), asked.Header("X-Kept")));
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://10.1.2.3/x")]
    [InlineData("http://[fe80::1]/x")]
    [InlineData("file:///etc/passwd")]
    public async Task RedirectIntoAnotherNetwork_IsNotFollowed_TheClientMayGo(string location)
    {
        (byte[] bytes, string oid) = front.NewObject();
        front.PermitAtStorage(oid, bytes.Length);
        front.Storage.Answer(context =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = location;
            return Task.CompletedTask;
        });

        using HttpResponseMessage got = await front.Client.GetAsync(await front.UrlAsync(oid, bytes.Length));

        Assert.Equal(location.StartsWith("http", StringComparison.Ordinal) ? 302 : 502, (int)got.StatusCode);
    }

    [Theory]
    [InlineData("https://user:secret@s3.example.com/o", "")]
    [InlineData("ftp://s3.example.com/o", "")]
    [InlineData("/relative", "")]
    [InlineData("https://s3.example.com/o", """, "header":{"Host":"other"}""")]
    [InlineData("https://s3.example.com/o", """, "header":{"X":"a\nb"}""")]
    [InlineData("https://s3.example.com/o", """, "header":{"a b":"c"}""")]
    public async Task ActionsThatTheNodeDoesNotFollow_StayAsTheyAre(string href, string more)
    {
        (byte[] bytes, string oid) = front.NewObject();
        front.Permit(
            oid,
            bytes.Length,
            $$"""
            "download":{"href":"{{href}}"{{more}} }
            """
        );

        using HttpResponseMessage answer = await front.BatchAsync(oid, bytes.Length);

        Assert.Equal(href, (string)(await LfsFront.JsonOfAsync(answer))["objects"]![0]!["actions"]!["download"]!["href"]!);
    }

    [Theory]
    [InlineData(404, """{"message":"gone for good"}""", 404)]
    [InlineData(403, "no", 403)]
    [InlineData(429, "", 429)]
    [InlineData(500, "oops", 500)]
    [InlineData(204, "", 502)]
    public async Task RefusalOfTheStorage_ReachesTheClient(int status, string text, int told)
    {
        (byte[] bytes, string oid) = front.NewObject();
        front.PermitAtStorage(oid, bytes.Length);
        front.Storage.Answer(context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = "7";
            return text.Length > 0 ? context.Response.WriteAsync(text) : Task.CompletedTask;
        });
        Uri url = await front.UrlAsync(oid, bytes.Length);

        using HttpResponseMessage got = await front.Client.GetAsync(url);

        Assert.Equal(told, (int)got.StatusCode);
        Assert.NotEmpty((string)(await LfsFront.JsonOfAsync(got))["message"]!);
        Assert.Equal("7", got.Headers.GetValues("Retry-After").Single());

        // Nothing is remembered: the next try gets the object.
        front.Store(bytes);
        Assert.Equal(bytes, await front.Client.GetByteArrayAsync(url));
    }

    [Theory]
    [InlineData("wrong")]
    [InlineData("short")]
    [InlineData("long")]
    public async Task WrongBytes_NeverLeaveWhole_AndAreNotKept(string fault)
    {
        (byte[] bytes, string oid) = front.NewObject(200_000);
        front.PermitAtStorage(oid, bytes.Length);
        byte[] sent = fault switch
        {
            "short" => bytes[..^1],
            "long" => [.. bytes, 0],
            _ => [.. bytes[..100_000], (byte)(bytes[100_000] ^ 1), .. bytes[100_001..]],
        };
        front.Storage.Answer(context => context.Response.Body.WriteAsync(sent).AsTask());
        Uri url = await front.UrlAsync(oid, bytes.Length);

        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using HttpResponseMessage got = await front.Client.GetAsync(url);
            got.EnsureSuccessStatusCode();
        });

        front.Store(bytes);
        Assert.Equal(bytes, await front.Client.GetByteArrayAsync(url));
    }

    [Fact]
    public async Task AnotherUser_GetsThePrimarysRefusal_ThoughTheObjectIsStored()
    {
        (byte[] bytes, string oid) = front.NewObject();
        front.PermitAtStorage(oid, bytes.Length);
        front.Store(bytes);
        await front.Client.GetByteArrayAsync(await front.UrlAsync(oid, bytes.Length));

        using HttpResponseMessage answer = await front.BatchAsync(oid, bytes.Length, LfsFront.Bob);

        Assert.Equal(403, (int)answer.StatusCode);
        Assert.Equal("""{"message":"you may not"}""", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task RefusedBatch_EndsEarlierUrlsOfThatUser()
    {
        (byte[] bytes, string oid) = front.NewObject();
        front.PermitAtStorage(oid, bytes.Length);
        front.Store(bytes);
        Uri url = await front.UrlAsync(oid, bytes.Length);
        await front.Client.GetByteArrayAsync(url);

        front.Script(static context => LfsFront.SayAsync(context, 401, "{}"));
        using HttpResponseMessage refused = await front.BatchAsync(oid, bytes.Length);

        Assert.Equal(403, (int)(await front.Client.GetAsync(url)).StatusCode);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task RefusedObject_EndsEarlierUrlsOfThatUser(int status)
    {
        (byte[] bytes, string oid) = front.NewObject();
        (_, string other) = front.NewObject();
        string repository = $"/team/revoked{status}.git/info/lfs";
        front.PermitAtStorage(oid, bytes.Length);
        front.Store(bytes);
        using HttpResponseMessage first = await front.BatchAsync(oid, bytes.Length, repository: repository);
        Uri stored = await LfsFront.UrlOfAsync(first);
        await front.Client.GetByteArrayAsync(stored);

        front.Permit(
            other,
            5,
            $$"""
            "download":{"href":"{{front.Primary.Url}}o"}
            """,
            other: context => LfsFront.SayAsync(context, status, "{}")
        );
        using HttpResponseMessage second = await front.BatchAsync(other, 5, repository: repository);
        Assert.Equal(status, (int)(await front.Client.GetAsync(await LfsFront.UrlOfAsync(second))).StatusCode);

        Assert.Equal(403, (int)(await front.Client.GetAsync(stored)).StatusCode);
    }

    [Theory]
    [InlineData("/team/tool.git/info/lfs")]
    [InlineData("/other/lfs/place")]
    public async Task EveryLfsUrlOfThePrimary_IsServed(string repository)
    {
        (byte[] bytes, string oid) = front.NewObject();
        front.PermitAtStorage(oid, bytes.Length);

        using HttpResponseMessage answer = await front.BatchAsync(oid, bytes.Length, repository: repository);

        Assert.Contains("/.waystation/lfs/", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"transfer":"tus","objects":[]}""")]
    [InlineData("""{"message":"strange", "x":[1,  2]}""")]
    [InlineData("not json")]
    public async Task OtherAnswers_PassToTheLetter(string text)
    {
        front.Script(context => LfsFront.SayAsync(context, 200, text));

        using HttpResponseMessage answer = await front.BatchAsync(front.NewObject().Oid, 1);

        Assert.Equal(text, await answer.Content.ReadAsStringAsync());
    }
}
