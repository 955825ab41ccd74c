using Waystation.Proxy.Tests.Servers;
using Waystation.TestKit.Servers;

namespace Waystation.Proxy.Tests.PassThrough;

/// <summary>Heads that HTTP/2's frames can carry, and that would be something else in the lines of HTTP/1.1.</summary>
public sealed class FrameTests(FrameTests.Station station) : IClassFixture<FrameTests.Station>
{
    public static TheoryData<string, string, string> Heads =>
        new()
        {
            { "line in a value", "x-a", "b\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n" },
            { "line feed in a value", "x-a", "b\nx-b: c" },
            { "carriage return in a value", "x-a", "b\rx-b: c" },
            { "NUL in a value", "x-a", "b\0c" },
            { "line in a name", "x-a: b\r\nx-c", "d" },
            { "colon in a name", "x-a:b", "c" },
            { "space in a name", "x-a b", "c" },
            { "capital in a name", "X-A", "b" },
            { "empty name", "", "b" },
            { "coding of a connection", "transfer-encoding", "chunked" },
            { "field of a connection", "connection", "x-a" },
            { "another TE", "te", "gzip" },
            { "second path", ":path", "/smuggled" },
            { "unknown field of the head", ":smuggled", "x" },
            { "length of another body", "content-length", "9" },
        };

    [Theory, MemberData(nameof(Heads))]
    public async Task HeadThatHttp11CannotCarry_DoesNotGoOn(string what, string name, string value)
    {
        station.Primary.Forget();
        using Http2Wire wire = await station.ConnectAsync();

        string end = await wire.AskAsync(
            [(":method", "POST"), (":scheme", "https"), (":authority", "x"), (":path", "/page"), (name, value)],
            "hello"u8.ToArray()
        );

        Assert.True(end is "reset" or "closed" or "status 400", $"{what}: {end}");
        // The head of a request whose body turns out shorter may have gone on; its end never does.
        Assert.All(
            station.Primary.Requests,
            seen =>
            {
                Assert.DoesNotContain("smuggled", seen, StringComparison.Ordinal);
                Assert.Equal("content-length", name);
            }
        );
    }

    [Fact]
    public async Task OrdinaryHead_GoesOn()
    {
        station.Primary.Forget();
        using Http2Wire wire = await station.ConnectAsync();

        string end = await wire.AskAsync(
            [(":method", "POST"), (":scheme", "https"), (":authority", "x"), (":path", "/page"), ("x-a", "b"), ("te", "trailers")],
            "hello"u8.ToArray()
        );

        Assert.Equal("status 200", end);
        string seen = Assert.Single(station.Primary.Requests);
        Assert.StartsWith("POST /page HTTP/1.1\r\n", seen, StringComparison.Ordinal);
        Assert.Contains("\r\nx-a: b\r\n", seen, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A node with TLS in front of a primary that records.</summary>
    public sealed class Station : IAsyncLifetime
    {
        private readonly TempFolder _folder = new();
        private TlsFiles _files = null!;
        private WaystationNode _node = null!;

        public RecordingPrimary Primary { get; } = new();

        internal Task<Http2Wire> ConnectAsync() => Http2Wire.ConnectAsync(_node.Url, _files.Authority);

        public async Task InitializeAsync()
        {
            _files = await TlsFiles.CreateAsync(_folder);
            _node = await WaystationNode.StartAsync(
                Primary.Url,
                new NodeSettings
                {
                    Listen = ["https://127.0.0.1:0"],
                    Options = ["--Tls:Certificate", _files.Certificate, "--Tls:Key", _files.Key],
                }
            );
        }

        public async Task DisposeAsync()
        {
            await _node.DisposeAsync();
            await Primary.DisposeAsync();
            _folder.Dispose();
        }
    }
}
