using System.Text;
using System.Text.Json;
using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.Proxy.Tests.Limits;

/// <summary>Connections of a trusted proxy that passes bytes, by hand.</summary>
public sealed class ProxyProtocolTests(ProxyProtocolTests.ImpatientFront front) : IClassFixture<ProxyProtocolTests.ImpatientFront>
{
    [Theory]
    [InlineData("PROXY TCP4 192.0.2.9 127.0.0.1 4711 80\r\n", "", "192.0.2.9")]
    [InlineData("PROXY TCP4 192.0.2.9 127.0.0.1 4711 80\r\n", "198.51.100.1", "192.0.2.9")]
    [InlineData("PROXY TCP4 10.1.2.3 127.0.0.1 4711 80\r\n", "198.51.100.1", "198.51.100.1")]
    [InlineData("PROXY UNKNOWN\r\n", "", "127.0.0.1")]
    [InlineData("", "198.51.100.1", "198.51.100.1")]
    public async Task Client_IsTheOneOfTheHeader_AndItsOwnFieldsCountOnlyIfItIsAProxyToo(string header, string field, string address)
    {
        string path = $"/{Guid.NewGuid()}";
        front.Primary.AnswerText("welcome");

        RawAnswer answer = await AskAsync(
            $"{header}GET {path} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {field}\r\nConnection: close\r\n\r\n"
        );

        Assert.Equal(200, answer.Status);
        Assert.Equal(address, front.Primary.Requests.Single(seen => seen.Target == path).Header("X-Forwarded-For"));
    }

    [Fact]
    public async Task SecondHeader_IsTheClients_AndABadRequest()
    {
        RawAnswer answer = await AskAsync(
            "PROXY TCP4 192.0.2.9 127.0.0.1 4711 80\r\nPROXY TCP4 10.1.2.3 127.0.0.1 4711 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
        );

        Assert.Equal(400, answer.Status);
    }

    [Fact]
    public async Task Header_ThatCannotBeRead_EndsTheConnection_AndTheLogSaysSo()
    {
        RawAnswer answer = await AskAsync("PROXY TCP4 192.0.2.9\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(("", 0), (answer.Received, answer.Status));
        NodeMetrics metrics = await front.Node.MetricsAsync();
        Assert.Equal(1, metrics.Sum("waystation_client_connections_ended_total", "reason=\"malformed\""));
        Assert.Contains("sent a header of the PROXY protocol that cannot be read", front.Node.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PROXY TCP4 192.0")]
    [InlineData("\r\n\r\n\0\r\nQUI")]
    public async Task Header_ThatDoesNotEnd_HoldsTheConnectionNoLongerThanAHead(string begun)
    {
        using RawConnection connection = await RawConnection.OpenAsync(front.Node.Url);
        await connection.SendAsync(Encoding.Latin1.GetBytes(begun));

        Assert.Equal(0, (await connection.ReadToEndAsync(TimeSpan.FromSeconds(20))).Status);
    }

    [Fact]
    public async Task Record_OfAFetch_HasTheAddressThatTheProxyNames()
    {
        (string repository, _) = front.Serve();
        byte[] body = Lines.ToBytes(["command=fetch", "0001", "ofs-delta", $"want {GitScript.Tip}", "done", "0000"]);
        string head =
            $"POST {repository}/git-upload-pack HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-git-upload-pack-request\r\n"
            + $"Git-Protocol: version=2\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n";

        RawAnswer answer = await AskAsync("PROXY TCP4 192.0.2.9 127.0.0.1 4711 80\r\n" + head + Encoding.Latin1.GetString(body));

        Assert.Equal(200, answer.Status);
        await Eventually.TrueAsync(
            "the record of the fetch has the client's address",
            async () =>
            {
                using JsonDocument all = JsonDocument.Parse(
                    await front.Client.GetStringAsync(new Uri(front.Node.Admin, "/api/v1/fetches"))
                );
                return all
                    .RootElement.EnumerateArray()
                    .Any(fetch =>
                        fetch.GetProperty("repo").GetString()!.EndsWith(repository, StringComparison.Ordinal)
                        && fetch.GetProperty("address").GetString() == "192.0.2.9"
                    );
            }
        );
        Assert.Contains(" at 192.0.2.9, ", front.Node.Log, StringComparison.Ordinal);
    }

    private Task<RawAnswer> AskAsync(string bytes) => RawConnection.AskAsync(front.Node.Url, Encoding.Latin1.GetBytes(bytes));

    public sealed class ImpatientFront() : GitFront("--TrustedProxies", "127.0.0.1;10.0.0.0/8", "--Clients:HeadTimeout", "00:00:02");
}
