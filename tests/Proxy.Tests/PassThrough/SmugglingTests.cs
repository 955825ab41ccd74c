using System.Text.RegularExpressions;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.PassThrough;

/// <summary>
/// Requests whose end two servers may see in two places. The primary must never see a request that the node did not see, and every request
/// that it sees must have one end.
/// </summary>
public sealed class SmugglingTests(RecordedFront front) : IClassFixture<RecordedFront>
{
    private const string Hidden = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

    public static TheoryData<string, string> Refused =>
        new()
        {
            { "length and chunks", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
            { "chunks and length", "Transfer-Encoding: chunked\r\nContent-Length: 60\r\n\r\n0\r\n\r\n" },
            { "two lengths", "Content-Length: 0\r\nContent-Length: 41\r\n\r\n" },
            { "two lengths in one field", "Content-Length: 0, 41\r\n\r\n" },
            { "hexadecimal length", "Content-Length: 0x0\r\n\r\n" },
            { "length with a space within", "Content-Length: 0 0\r\n\r\n" },
            { "space before the colon", "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" },
            { "space before the name", " Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
            { "vertical tab in the value", "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n" },
            { "unknown coding", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" },
            { "coding in quotes", "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" },
            { "chunked is not last", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" },
            { "another coding before", "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" },
            { "chunked twice", "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" },
            { "two fields of codings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" },
            { "folded value", "X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
            { "carriage return within a value", "X-A: b\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
            { "NUL in a value", "X-A: b\0\r\n\r\n" },
            { "NUL in a name", "X-\0A: b\r\n\r\n" },
            { "chunk of no size", "Transfer-Encoding: chunked\r\n\r\n\r\n0\r\n\r\n" },
            { "size with a sign", "Transfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n" },
            { "size with 0x", "Transfer-Encoding: chunked\r\n\r\n0x1\r\nx\r\n0\r\n\r\n" },
            { "size that overflows", "Transfer-Encoding: chunked\r\n\r\n100000001\r\nx\r\n0\r\n\r\n" },
            { "chunk that ends elsewhere", "Transfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n" },
            { "two hosts", "Host: other\r\n\r\n" },
        };

    [Theory, MemberData(nameof(Refused))]
    public async Task RequestWithTwoEnds_IsRefused_AndItsConnectionIsClosed(string what, string rest)
    {
        RawAnswer answer = await front.AskAsync($"POST /page HTTP/1.1\r\nHost: x\r\n{rest}{Hidden}");

        Assert.True(answer.Status is >= 400 and < 500, $"{what}: {answer.Received}");
        Assert.Single(Regex.Matches(answer.Received, "HTTP/1.1 [0-9]{3}", RegexOptions.None, TimeSpan.FromSeconds(1)));
        Assert.DoesNotContain(front.Primary.Requests, static seen => seen.Contains("/smuggled", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("length", "Content-Length: 5\r\n\r\nhello")]
    [InlineData("chunks", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("length with a sign, which goes on without it", "Content-Length: +5\r\n\r\nhello")]
    [InlineData("chunks in capitals", "Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("extension of a chunk", "Transfer-Encoding: chunked\r\n\r\n5;x=\"y\"\r\nhello\r\n0;z\r\n\r\n")]
    [InlineData("trailers", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\n\r\n")]
    public async Task RequestsInARow_ReachThePrimaryOneByOne(string what, string rest)
    {
        RawAnswer answer = await front.AskAsync(
            $"POST /first HTTP/1.1\r\nHost: x\r\n{rest}GET /second HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        );

        Assert.Equal(2, Regex.Count(answer.Received, "HTTP/1.1 200", RegexOptions.None, TimeSpan.FromSeconds(1)));
        Assert.True(front.Primary.Requests.Count == 2, what);
        Assert.Contains(front.Primary.Requests, static seen => seen.StartsWith("GET /second ", StringComparison.Ordinal));
        string first = front.Primary.Requests.Single(static seen => seen.StartsWith("POST /first ", StringComparison.Ordinal));
        Assert.Contains("hello", first, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Sum", first, StringComparison.Ordinal);
        Assert.Equal(1, Regex.Count(first, "(?im)^(Content-Length|Transfer-Encoding):", RegexOptions.None, TimeSpan.FromSeconds(1)));
    }

    /// <summary>A line may end with a line feed alone (RFC 9112, 2.2). What goes on has no such line.</summary>
    [Fact]
    public async Task LinesWithoutCarriageReturn_AreReadOrRefused_AndNeverGoOnAsTheyCame()
    {
        RawAnswer answer = await front.AskAsync("GET /page HTTP/1.1\nHost: x\nX-A: b\nConnection: close\n\n");

        Assert.True(answer.Status is 200 or 400, answer.Received);
        Assert.All(
            front.Primary.Requests,
            static seen => Assert.DoesNotMatch(new Regex("(?<!\r)\n", RegexOptions.None, TimeSpan.FromSeconds(1)), seen)
        );
    }

    [Theory]
    [InlineData("Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n")]
    [InlineData("Upgrade: TLS/1.2\r\nConnection: Upgrade\r\n")]
    public async Task UpgradeThatIsNoWebSocket_DoesNotGoOn(string fields)
    {
        RawAnswer answer = await front.AskAsync($"GET /page HTTP/1.1\r\nHost: x\r\n{fields}\r\n{Hidden[..^2]}Connection: close\r\n\r\n");

        Assert.Equal(200, answer.Status);
        Assert.All(
            front.Primary.Requests,
            static seen =>
            {
                Assert.DoesNotContain("Upgrade", seen, StringComparison.OrdinalIgnoreCase);
                Assert.DoesNotContain("HTTP2-Settings", seen, StringComparison.OrdinalIgnoreCase);
            }
        );
    }

    [Fact]
    public async Task Connect_IsNoWayToOtherPlaces()
    {
        RawAnswer answer = await front.AskAsync(
            $"CONNECT {front.Primary.Url.Authority} HTTP/1.1\r\nHost: {front.Primary.Url.Authority}\r\nConnection: close\r\n\r\n"
        );

        Assert.True(answer.Status is 400 or 405, answer.Received);
        Assert.Empty(front.Primary.Requests);
    }

    [Theory]
    [InlineData("http://x/team/%2e%2e/tool?a=%00b", "/team/%2e%2e/tool?a=%00b")]
    [InlineData("http://x/team/to%6Fl.git/../x", "/team/to%6Fl.git/../x")]
    [InlineData("http://x?q", "/?q")]
    [InlineData("http://x", "/")]
    public async Task AbsoluteTarget_GoesOnToTheLetter_WithoutItsHost(string target, string expected)
    {
        RawAnswer answer = await front.AskAsync($"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        Assert.Equal(200, answer.Status);
        Assert.StartsWith($"GET {expected} HTTP/1.1\r\n", Assert.Single(front.Primary.Requests), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AbsoluteTarget_OfAnotherHostThanHost_IsRefused()
    {
        RawAnswer answer = await front.AskAsync("GET http://elsewhere/page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        Assert.Equal(400, answer.Status);
        Assert.Empty(front.Primary.Requests);
    }

    [Fact]
    public async Task LongLogin_GoesOn_AsOneField()
    {
        string token = "Negotiate " + new string('k', 64 * 1024);

        RawAnswer answer = await front.AskAsync($"GET /page HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\nConnection: close\r\n\r\n");

        Assert.Equal(200, answer.Status);
        Assert.Contains($"\r\nAuthorization: {token}\r\n", Assert.Single(front.Primary.Requests), StringComparison.Ordinal);
    }

    /// <summary>git expects a "continue" before a long body; the node says it, or the primary does, and the body is sent once.</summary>
    [Fact]
    public async Task Expectation_IsMet_AndTheBodyGoesOnOnce()
    {
        using RawConnection connection = await RawConnection.OpenAsync(front.Node.Url);
        front.Primary.Forget();
        await connection.SendAsync(
            "POST /page HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"u8.ToArray()
        );
        RawAnswer answer = await connection.ReadToEndAsync();

        Assert.Contains("HTTP/1.1 200", answer.Received, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nhello", Assert.Single(front.Primary.Requests), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Authorization")]
    [InlineData("Cookie")]
    [InlineData("X-Own")]
    [InlineData("Content-Type")]
    public async Task FieldThatConnectionNames_DoesNotGoOn(string name)
    {
        // The server below forgets the other names beside "close", so the end is said by a second request.
        RawAnswer answer = await front.AskAsync(
            $"POST /page HTTP/1.1\r\nHost: x\r\nConnection: {name}\r\n{name}: of-this-hop\r\nContent-Length: 5\r\n\r\nhello"
                + "GET /second HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        );

        Assert.Equal(200, answer.Status);
        string seen = front.Primary.Requests.Single(static seen => seen.StartsWith("POST /page ", StringComparison.Ordinal));
        Assert.DoesNotContain("of-this-hop", seen, StringComparison.Ordinal);
        Assert.EndsWith("hello", seen, StringComparison.Ordinal);
    }
}
