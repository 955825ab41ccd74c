using System.Globalization;
using System.Text;
using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.BadInput;

/// <summary>Whatever a client sends, the node answers as the primary does or with a clear 4xx, stays small and stays alive.</summary>
public sealed class BadRequestTests(BadInputStation station) : IClassFixture<BadInputStation>
{
    private const int Mebibyte = 1 << 20;

    public static TheoryData<string> SmallBodies => new(BadBodies.Small.Keys);

    [Theory]
    [MemberData(nameof(SmallBodies))]
    public async Task Body_IsAnsweredAsDirectOrWith4xx_WhenItIsWrong(string name)
    {
        byte[] body = BadBodies.Small[name];
        await CompareAsync(body, "Git-Protocol: version=2");
        await CompareAsync(body);
        await CompareAsync(BadBodies.Gzip(body), "Git-Protocol: version=2", "Content-Encoding: gzip");
        await station.AssertStillServesAsync();
    }

    [Theory]
    [InlineData(51)]
    [InlineData(52)]
    [InlineData(53)]
    public async Task Body_IsAnsweredAsDirectOrWith4xx_WhenItIsGarbage(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 20; round++)
        {
            byte[] garbage = new byte[random.Next(1, 100_000)];
            random.NextBytes(garbage);
            // Half of them begin well, so that they come further.
            byte[] beginning = round % 2 == 0 ? Encoding.ASCII.GetBytes(UploadPack.Line("command=fetch") + "0001") : [];
            await CompareAsync([.. beginning, .. garbage], "Git-Protocol: version=2");
        }

        await station.AssertStillServesAsync();
    }

    [Theory]
    [InlineData("Content-Encoding: gzip")]
    [InlineData("Content-Encoding: deflate")]
    [InlineData("Content-Encoding: br")]
    [InlineData("Content-Encoding: gzip, gzip")]
    [InlineData("Content-Encoding: no-such-coding")]
    [InlineData("Content-Type: text/plain")]
    [InlineData("Content-Type: multipart/form-data; boundary=x")]
    [InlineData("Git-Protocol: version=9")]
    [InlineData("Git-Protocol: version=2:version=0:version=1")]
    [InlineData("Git-Protocol: \u00ff\u00fe")]
    [InlineData("Expect: something-else")]
    public async Task Request_IsAnsweredAsDirectOrWith4xx_WhenAHeaderLies(string header)
    {
        await CompareAsync(Encoding.ASCII.GetBytes(UploadPack.LsRefs()), header);
        await station.AssertStillServesAsync();
    }

    [Fact]
    public async Task Request_IsAnsweredAsDirectOrWith4xx_WhenItsGzipIsCutShort()
    {
        byte[] packed = BadBodies.Gzip(Encoding.ASCII.GetBytes(UploadPack.Fetch([station.Tip])));
        for (int length = 1; length < packed.Length; length += 7)
        {
            await CompareAsync(packed[..length], "Git-Protocol: version=2", "Content-Encoding: gzip");
        }

        await station.AssertStillServesAsync();
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: primary\r\nX-Long: {LONG}\r\n\r\n")]
    [InlineData("GET /{LONG} HTTP/1.1\r\nHost: primary\r\n\r\n")]
    [InlineData("NONSENSE\r\n\r\n")]
    [InlineData("GET / HTTP/9.9\r\nHost: primary\r\n\r\n")]
    [InlineData("GET /../../etc/passwd HTTP/1.1\r\n\r\n")]
    [InlineData("POST /public/robust.git/git-upload-pack HTTP/1.1\r\nHost: primary\r\nContent-Length: -1\r\nConnection: close\r\n\r\n")]
    [InlineData(
        "POST /public/robust.git/git-upload-pack HTTP/1.1\r\nHost: primary\r\nContent-Length: 4\r\n"
            + "Content-Length: 5\r\nConnection: close\r\n\r\n00000"
    )]
    [InlineData(
        "POST /public/robust.git/git-upload-pack HTTP/1.1\r\nHost: primary\r\nTransfer-Encoding: chunked\r\n"
            + "Connection: close\r\n\r\nnot a chunk\r\n"
    )]
    public async Task Request_IsRefusedWith4xx_WhenItIsNoHttp(string request)
    {
        RawAnswer answer = await RawConnection.AskAsync(
            station.Node.Url,
            Encoding.ASCII.GetBytes(request.Replace("{LONG}", new string('a', 200_000), StringComparison.Ordinal))
        );
        Assert.True(answer.Status is 0 or (>= 400 and < 500) or 505, $"status {answer.Status}");
        await station.AssertStillServesAsync();
    }

    private async Task CompareAsync(byte[] body, params string[] headers)
    {
        byte[] request = station.Request(body, headers);
        RawAnswer direct = await RawConnection.AskAsync(station.Primary.Url, request);
        RawAnswer through = await RawConnection.AskAsync(station.Node.Url, request);
        Assert.True(
            through.Status == direct.Status || through.Status is >= 400 and < 500,
            string.Create(CultureInfo.InvariantCulture, $"the primary answers {direct.Status}, the node {through.Status}: {through.Text}")
        );
        Assert.True(station.Node.IsRunning);
        Assert.InRange(station.Node.ResidentBytes, 0, 600L * Mebibyte);
    }
}
