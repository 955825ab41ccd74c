using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Wire;

namespace Waystation.Proxy.Tests.PassThrough;

/// <summary>
/// Responses to a fetch that break the protocol's rules (gitprotocol-v2, fetch: without "ready" the acknowledgments end with a flush-pkt,
/// and with it another section follows a delim-pkt). The client gets them unchanged, and reports the fault itself.
/// </summary>
public sealed class OddResponseTests(GitFront front) : IClassFixture<GitFront>
{
    private const string Have = "3333333333333333333333333333333333333333";

    private static readonly byte[] s_fetch = Lines.ToBytes(
        "command=fetch",
        Lines.Delim,
        "ofs-delta",
        $"want {GitScript.Tip}",
        $"have {Have}",
        Lines.Flush
    );

    [Theory]
    [InlineData("acknowledgments", "NAK", Lines.Flush)]
    [InlineData("acknowledgments", "NAK", Lines.Delim)]
    [InlineData("acknowledgments", $"ACK {Have}", Lines.Delim)]
    [InlineData("acknowledgments", $"ACK {Have}", Lines.Delim, "packfile", Lines.Flush)]
    [InlineData("acknowledgments", $"ACK {Have}", "ready", Lines.Flush)]
    [InlineData("acknowledgments", $"ACK {Have}", "ready", Lines.Delim)]
    public async Task Response_IsHandedOn_HoweverItsAcknowledgmentsEnd(params string[] lines)
    {
        byte[] response = Lines.ToBytes(lines);
        (string repository, _) = front.Serve(script => script.Response = response);
        for (int time = 0; time < 2; time++)
        {
            using HttpResponseMessage answer = await front.PostAsync(repository, s_fetch);
            Assert.Equal(200, (int)answer.StatusCode);
            Assert.Equal(response, await answer.Content.ReadAsByteArrayAsync());
        }
    }
}
