using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Waystation.Proxy.Connections;
using Xunit.Abstractions;

namespace Waystation.Proxy.Tests.Connections;

/// <summary>The header of the PROXY protocol, as doc/proxy-protocol.txt of HAProxy writes it.</summary>
public sealed class ProxyHeaderTests(ITestOutputHelper output)
{
    private const string Signature = "0D0A0D0A000D0A515549540A";
    private const string Tcp4 = "C0000201C6336407DC0401BB";
    private const string Tcp6 = "20010DB8000000000000000000000001" + "20010DB8000000000000000000000002" + "DC0401BB";

    private static readonly byte[] s_request = "GET / HTTP/1.1\r\n\r\n"u8.ToArray();

    public static TheoryData<byte[], string?> Whole =>
        new()
        {
            { Line("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n"), "192.0.2.1:56324" },
            { Line("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"), "255.255.255.255:65535" },
            { Line("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n"), "[2001:db8::1]:56324" },
            { Line("PROXY TCP6 ::ffff:192.0.2.1 ::1 0 1\r\n"), "192.0.2.1:0" },
            { Line("PROXY UNKNOWN\r\n"), null },
            { Line("PROXY UNKNOWN ffff:f...f:ffff anything 65535 65535\r\n"), null },
            { Hex(Signature + "21" + "11" + "000C" + Tcp4), "192.0.2.1:56324" },
            { Hex(Signature + "21" + "12" + "000C" + Tcp4), "192.0.2.1:56324" },
            { Hex(Signature + "21" + "21" + "0024" + Tcp6), "[2001:db8::1]:56324" },
            { Hex(Signature + "21" + "11" + "0013" + Tcp4 + "02000468747470"), "192.0.2.1:56324" },
            { Hex(Signature + "21" + "31" + "00D8" + new string('0', 432)), null },
            { Hex(Signature + "21" + "00" + "0000"), null },
            { Hex(Signature + "20" + "00" + "0000"), null },
            { Hex(Signature + "20" + "11" + "000C" + Tcp4), null },
        };

    public static TheoryData<byte[]> Malformed =>
        new()
        {
            Line("PROXY TCP4 192.0.2.1 198.51.100.7 56324\r\n"),
            Line("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443 \r\n"),
            Line("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\n"),
            Line("PROXY TCP4  192.0.2.1 198.51.100.7 56324 443\r\n"),
            Line("PROXY TCP4 192.0.2.01 198.51.100.7 56324 443\r\n"),
            Line("PROXY TCP4 3221225985 198.51.100.7 56324 443\r\n"),
            Line("PROXY TCP4 0x7f.0.0.1 198.51.100.7 56324 443\r\n"),
            Line("PROXY TCP4 2001:db8::1 2001:db8::2 56324 443\r\n"),
            Line("PROXY TCP6 192.0.2.1 198.51.100.7 56324 443\r\n"),
            Line("PROXY TCP6 fe80::1%eth0 ::1 56324 443\r\n"),
            Line("PROXY TCP6 [::1] ::1 56324 443\r\n"),
            Line("PROXY TCP4 192.0.2.1 198.51.100.7 65536 443\r\n"),
            Line("PROXY TCP4 192.0.2.1 198.51.100.7 056 443\r\n"),
            Line("PROXY TCP4 192.0.2.1 198.51.100.7 +56 443\r\n"),
            Line("PROXY UDP4 192.0.2.1 198.51.100.7 56324 443\r\n"),
            Line("PROXY \r\n"),
            Line("PROXY UNKNOWN " + new string('x', 200)),
            Hex(Signature + "11" + "11" + "000C" + Tcp4),
            Hex(Signature + "22" + "11" + "000C" + Tcp4),
            Hex(Signature + "21" + "41" + "000C" + Tcp4),
            Hex(Signature + "21" + "13" + "000C" + Tcp4),
            Hex(Signature + "21" + "11" + "000B" + Tcp4),
            Hex(Signature + "21" + "21" + "000C" + Tcp4),
            Hex(Signature + "21" + "11" + "FFFF" + Tcp4),
        };

    [Theory]
    [MemberData(nameof(Whole))]
    public void Header_IsRead_AtEveryCut_AndNothingBehindIt(byte[] header, string? source)
    {
        for (int cut = 0; cut < header.Length; cut++)
        {
            Assert.Equal(new ProxyHeader(ProxyHeaderStatus.Unfinished), ProxyHeader.Parse(header.AsSpan(0, cut)));
        }

        var whole = new ProxyHeader(ProxyHeaderStatus.Whole, header.Length, source is null ? null : IPEndPoint.Parse(source));
        Assert.Equal(whole, ProxyHeader.Parse(header));
        Assert.Equal(whole, ProxyHeader.Parse([.. header, .. s_request]));
        Assert.Equal(whole, ProxyHeader.Parse([.. header, .. header]));
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Header_IsMalformed_AndNeverTakenForARequest(byte[] header)
    {
        Assert.Equal(ProxyHeaderStatus.Malformed, ProxyHeader.Parse(header).Status);
        for (int cut = 0; cut < header.Length; cut++)
        {
            Assert.NotEqual(ProxyHeaderStatus.Absent, ProxyHeader.Parse(header.AsSpan(0, cut)).Status);
            Assert.NotEqual(ProxyHeaderStatus.Whole, ProxyHeader.Parse(header.AsSpan(0, cut)).Status);
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("POST / HTTP/1.1\r\n")]
    [InlineData("PROPFIND / HTTP/1.1\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("\r\nGET / HTTP/1.1\r\n")]
    [InlineData("proxy TCP4 192.0.2.1 198.51.100.7 56324 443\r\n")]
    [InlineData("\u0016\u0003\u0001")]
    public void Request_IsNoHeader(string text) => Assert.Equal(ProxyHeaderStatus.Absent, ProxyHeader.Parse(Line(text)).Status);

    [Fact]
    public void RandomBytes_NeverFail_AndNeverReachBehindTheirEnd()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        byte[][] headers = [.. Whole.Select(static row => (byte[])row[0])];
        for (int i = 0; i < 50_000; i++)
        {
            byte[] bytes = [.. headers[random.Next(headers.Length)]];
            for (int flips = random.Next(4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            bytes = bytes[..random.Next(bytes.Length + 1)];
            ProxyHeader header = ProxyHeader.Parse(bytes);
            Assert.InRange(header.Length, 0, bytes.Length);
            Assert.Equal(header.Status == ProxyHeaderStatus.Whole, header.Length > 0);
            Assert.True(header.Source is null || header.Status == ProxyHeaderStatus.Whole);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1_000)]
    public async Task Connection_BeginsBehindItsHeader_HoweverTheBytesCome(int step)
    {
        foreach ((byte[] header, string? source) in Whole.Select(static row => ((byte[])row[0], (string?)row[1])).Append(([], null)))
        {
            var (arriving, context) = Connect();
            byte[] all = [.. header, .. s_request];
            Task<ProxyHeader> taking = ProxyProtocol.TakeAsync(context);
            for (int at = 0; at < all.Length; at += step)
            {
                await arriving.WriteAsync(all.AsMemory(at, Math.Min(step, all.Length - at)));
            }

            Assert.Equal(header.Length == 0 ? ProxyHeaderStatus.Absent : ProxyHeaderStatus.Whole, (await taking).Status);
            Assert.Equal(source ?? "10.0.0.9:9", context.RemoteEndPoint!.ToString());
            ReadResult rest = await context.Transport.Input.ReadAtLeastAsync(s_request.Length);
            Assert.Equal(s_request, rest.Buffer.ToArray());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("PROX")]
    [InlineData("\r\n")]
    public async Task Connection_ThatEndsEarly_GoesOnAsItIs(string text)
    {
        var (arriving, context) = Connect();
        await arriving.WriteAsync(Line(text));
        await arriving.CompleteAsync();

        Assert.Equal(ProxyHeaderStatus.Unfinished, (await ProxyProtocol.TakeAsync(context)).Status);

        ReadResult rest = await context.Transport.Input.ReadAsync();
        Assert.Equal(Line(text), rest.Buffer.ToArray());
        Assert.True(rest.IsCompleted);
    }

    private static (PipeWriter Arriving, DefaultConnectionContext Context) Connect()
    {
        var pipe = new Pipe();
        var context = new DefaultConnectionContext("test", new Transport(pipe.Reader), new Transport(pipe.Reader))
        {
            RemoteEndPoint = IPEndPoint.Parse("10.0.0.9:9"),
        };
        return (pipe.Writer, context);
    }

    private static byte[] Line(string text) => Encoding.Latin1.GetBytes(text);

    private static byte[] Hex(string text) => Convert.FromHexString(text);

    private sealed record Transport(PipeReader Input) : IDuplexPipe
    {
        public PipeWriter Output => throw new NotSupportedException();
    }
}
