using System.Net;
using Waystation.Proxy.Tests.Identity;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.Limits;

/// <summary>What a client's address, scheme and host are when a balancer, or somebody who plays one, names them.</summary>
public sealed class ForwardedClientTests(ForwardedClientTests.TrustingFront front) : IClassFixture<ForwardedClientTests.TrustingFront>
{
    private const string Proxy = "127.0.0.2";
    private const string Stranger = "127.0.0.3";

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("192.0.2.1:4711", "192.0.2.1")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("[2001:db8::1]:4711", "2001:db8::1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    // From the right, as far as the proxies are trusted: the client may have written all that is left of that.
    [InlineData("127.0.0.1, 192.0.2.1", "192.0.2.1")]
    [InlineData("198.51.100.1, 192.0.2.1, 10.1.2.3", "192.0.2.1")]
    [InlineData("10.1.2.3, 10.1.2.4", "10.1.2.3")]
    [InlineData("junk, 192.0.2.1", "192.0.2.1")]
    [InlineData("192.0.2.1, junk", Proxy)]
    [InlineData("unknown", Proxy)]
    [InlineData("", Proxy)]
    public async Task Address_IsTheOneThatATrustedProxyNames(string field, string address) =>
        Assert.Equal(address, (await SeenAsync(Proxy, ("X-Forwarded-For", field))).Headers["X-Forwarded-For"]);

    [Fact]
    public async Task TrustedProxy_NamesSchemeAndHost_AndAStrangerDoesNot()
    {
        (string, string)[] fields =
        [
            ("X-Forwarded-For", "192.0.2.1"),
            ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "git.example.com"),
            ("X-Forwarded-Prefix", "/elsewhere"),
            ("Forwarded", "for=198.51.100.1;proto=https;host=evil.example"),
            ("X_Forwarded_For", "198.51.100.1"),
            ("X-Original-For", "198.51.100.1"),
        ];

        SeenRequest believed = await SeenAsync(Proxy, fields);
        SeenRequest refused = await SeenAsync(Stranger, fields);

        Assert.Equal(
            [("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Host", "git.example.com"), ("X-Forwarded-Proto", "https")],
            Forwarding(believed)
        );
        Assert.Equal(
            [("X-Forwarded-For", Stranger), ("X-Forwarded-Host", front.Node.Url.Authority), ("X-Forwarded-Proto", "http")],
            Forwarding(refused)
        );
        Assert.Equal("198.51.100.1", believed.Headers["X-Original-For"]);
    }

    [Theory]
    [InlineData(Proxy, "https", "https://git.example.com/next")]
    [InlineData(Proxy, "javascript", "http://git.example.com/next")]
    [InlineData(Stranger, "https", "http://git.example.com/next")]
    public async Task Redirect_StaysOnHttps_WhereATrustedProxySaysSo(string from, string scheme, string location)
    {
        front.Primary.Answer(context =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = front.Primary.Url.AbsoluteUri + "next";
            return Task.CompletedTask;
        });
        using HttpClient client = LocalClient.From(from);
        using var request = new HttpRequestMessage(HttpMethod.Get, front.At("/page"));
        request.Headers.Host = "git.example.com";
        request.Headers.Add("X-Forwarded-Proto", scheme);

        using HttpResponseMessage answer = await client.SendAsync(request);

        Assert.Equal(location, answer.Headers.GetValues("Location").Single());
    }

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.9 127.0.0.1 4711 80\r\n")]
    [InlineData("PROXY TCP4 192.0.2.9")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0021\u0011\0\u000c\u00c0\0\u0002\u0009\u007f\0\0\u0001\u0012\u0067\0\u0050")]
    public async Task ProxyHeader_OfAStranger_IsABadRequest(string header)
    {
        int seen = front.Primary.Requests.Count;

        RawAnswer answer = await RawConnection.AskAsync(
            front.Node.Url,
            System.Text.Encoding.Latin1.GetBytes(header + "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        );

        Assert.Equal(400, answer.Status);
        Assert.Equal(seen, front.Primary.Requests.Count);
    }

    private static IEnumerable<(string, string)> Forwarding(SeenRequest seen) =>
        seen
            .Headers.Where(static header => header.Key.Contains("Forwarded", StringComparison.OrdinalIgnoreCase))
            .Select(static header => (header.Key, header.Value.ToString()))
            .Order();

    private async Task<SeenRequest> SeenAsync(string from, params (string Name, string Value)[] fields)
    {
        string path = $"/{Guid.NewGuid()}";
        front.Primary.Answer(static _ => Task.CompletedTask);
        using HttpClient client = LocalClient.From(from);
        using var request = new HttpRequestMessage(HttpMethod.Get, front.At(path));
        foreach ((string name, string value) in fields)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return front.Primary.Requests.Single(seen => seen.Target == path);
    }

    public sealed class TrustingFront() : Front("--TrustedProxies", "127.0.0.2;10.0.0.0/8");
}
