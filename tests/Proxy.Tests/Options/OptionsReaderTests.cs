using System.Net;
using Microsoft.Extensions.Configuration;
using Waystation.CacheStore.Mirrors;
using Waystation.Primaries;
using Waystation.Proxy.Options;
using Waystation.Proxy.Options.Reading;

namespace Waystation.Proxy.Tests.Options;

public sealed class OptionsReaderTests
{
    [Fact]
    public void Settings_AreRead_WithTheirDefaults()
    {
        NodeOptions options = Read(Given());

        Assert.Equal(
            (64L << 30, 1L << 30, TimeSpan.FromSeconds(30), 8080),
            (options.PackCache.MaxSize, options.Disk.Reserve, options.Access.TicketLifetime, options.Listen.Single().EndPoint.Port)
        );
    }

    [Fact]
    public void BoundsOfClients_AreRead_AndNoneIsThereForZero()
    {
        ClientOptions standard = Read(Given()).Clients;
        ClientOptions limits = Read(
            Given(
                ("Clients:MaxConnections", "50"),
                ("Clients:MaxConnectionsPerAddress", "0"),
                ("Clients:MinRate", "0"),
                ("Clients:StallTimeout", "00:10:00")
            )
        ).Clients;

        Assert.Equal(
            (4_096, 1_000, TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(1), 1_024L),
            (standard.Backlog, standard.MaxConnectionsPerAddress, standard.HeadTimeout, standard.StallTimeout, standard.MinRate)
        );
        Assert.InRange(standard.MaxConnections, 16, 10_000);
        Assert.Equal(
            (50, 0, 0L, TimeSpan.FromMinutes(10)),
            (limits.MaxConnections, limits.MaxConnectionsPerAddress, limits.MinRate, limits.StallTimeout)
        );
    }

    [Fact]
    public void Networks_AreRead_InOneForm()
    {
        NodeOptions options = Read(
            Given(("TrustedProxies", "10.0.0.0/8; 192.0.2.7;2001:db8::/32;::1;::ffff:192.0.2.0/120;::ffff:10.1.1.1"))
        );

        Assert.Equal(
            ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "::1/128", "192.0.2.0/24", "10.1.1.1/32"],
            options.TrustedProxies.Select(static network => network.ToString())
        );
        Assert.Empty(Read(Given()).TrustedProxies);
    }

    [Theory]
    [InlineData("10.0.0.1/8")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0.0/")]
    [InlineData("10.0.0.0/08x")]
    [InlineData("10/8")]
    [InlineData("10.0.0.010")]
    [InlineData("0x0a000001")]
    [InlineData("2001:db8::1/64")]
    [InlineData("2001:db8::/129")]
    [InlineData("[::1]")]
    [InlineData("fe80::1%eth0")]
    [InlineData("::ffff:10.0.0.0/64")]
    [InlineData("localhost")]
    [InlineData("*")]
    public void Network_ThatIsNone_IsRefused(string text)
    {
        SettingsException wrong = Assert.Throws<SettingsException>(() => Read(Given(("TrustedProxies", $"192.0.2.1;{text}"))));

        Assert.Equal($"TrustedProxies = \"{text}\": accepted is {ClientNetworks.Accepted}", Assert.Single(wrong.Problems));
    }

    [Fact]
    public void Primary_IsReconnectedTo_AndWaitedFor_AsLongAsIsSet()
    {
        PrimaryOptions standard = Read(Given()).Primaries.Single();
        PrimaryOptions given = Read(Given(("Primaries:0:ReconnectEvery", "00:00:10"), ("Primaries:0:AnswerWithin", "00:01:00")))
            .Primaries.Single();

        Assert.Equal((TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(30)), (standard.ReconnectEvery, standard.AnswerWithin));
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1)), (given.ReconnectEvery, given.AnswerWithin));
    }

    [Fact]
    public void Settings_OfWhoAsks_AreRead()
    {
        NodeOptions options = Read(
            Given(("Primaries:0:DecidesByAddress", "none"), ("Access:IgnoredHeaders", "X-Trace;X-Other"), ("Access:MaxHeaders", "256KiB"))
        );

        Assert.Equal((AddressRule.None, 256L << 10), (options.Primaries.Single().DecidesByAddress, options.Access.MaxHeaders));
        Assert.Equal(["X-Trace", "X-Other"], options.Access.IgnoredHeaders);
    }

    [Fact]
    public void BoundsOfMirrors_AreRead()
    {
        MirrorOptions standard = Read(Given()).Mirrors;
        MirrorOptions options = Read(
            Given(("Mirrors:MaxLookups", "3"), ("Mirrors:SyncWait", "00:00:04"), ("Mirrors:MaxSize", "0"))
        ).Mirrors;

        Assert.Equal((2 * Environment.ProcessorCount, 10.0), (standard.MaxLookups, standard.SyncWait.TotalSeconds));
        Assert.Equal((3, 4.0, 0L), (options.MaxLookups, options.SyncWait.TotalSeconds, options.MaxSize));
    }

    [Fact]
    public void Files_AreNamedByTheirWholePath()
    {
        string file = Path.GetRelativePath(Environment.CurrentDirectory, typeof(NodeOptions).Assembly.Location);

        Assert.Equal(Path.GetFullPath(file), Read(Given(("Hooks:SecretFile", file))).Hooks.SecretFile);
    }

    [Theory]
    [InlineData("git.example.com", "git.example.com", 80)]
    [InlineData("192.0.2.7:8443", "192.0.2.7", 8443)]
    [InlineData("[2001:db8::1]", "2001:db8::1", 80)]
    public void Primary_IsConnectedTo_AtThePortOfItsUrl_WhereNoneIsWritten(string address, string host, int port) =>
        Assert.Equal(new DnsEndPoint(host, port), Read(Given(("Primaries:0:Address", address))).Primaries.Single().ConnectTo);

    [Fact]
    public void Primaries_OfTheSameHost_AreRefused()
    {
        SettingsException wrong = Assert.Throws<SettingsException>(() => Read(Given(("Primaries:1:Url", "https://GIT.example.test"))));

        Assert.StartsWith("Primaries is wrong: ", wrong.Problems.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_AreToldAllAtOnce()
    {
        SettingsException wrong = Assert.Throws<SettingsException>(() =>
            Read(
                Given(
                    ("Primaries:0:Url", "ftp://x"),
                    ("Access:TicketLifetime", "soon"),
                    ("PackCache:MaxSize", "plenty"),
                    ("No:Such", "1"),
                    ("Listen", "http://name.example:1")
                )
            )
        );

        Assert.Equal(
            ["Access:TicketLifetime", "Listen", "No:Such", "PackCache:MaxSize", "Primaries:0:Url"],
            wrong.Problems.Select(problem => problem.Split(' ')[0]).Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("Access:TicketLifetime", "-00:00:01")]
    [InlineData("Access:TicketLifetime", "01:00:00")]
    [InlineData("Primaries:0:Visibility", "1")]
    [InlineData("Primaries:0:Visibility", "advertised,repository")]
    [InlineData("Primaries:0:Url", "https://git.example.test/path")]
    [InlineData("Primaries:0:Url", "https://user@git.example.test")]
    [InlineData("Admin:Listen", "https://127.0.0.1:1")]
    [InlineData("Admin:Listen", "http://0.0.0.0:1")]
    [InlineData("Listen", "https://127.0.0.1:1")]
    [InlineData("Log:Verbose", "perhaps")]
    [InlineData("Clients:HeadTimeout", "00:00:01")]
    [InlineData("Clients:StallTimeout", "02:00:00")]
    [InlineData("Clients:MaxConnections", "0")]
    [InlineData("Clients:MaxConnectionsPerAddress", "-1")]
    [InlineData("Clients:Backlog", "0")]
    [InlineData("Clients:MinRate", "fast")]
    [InlineData("Primaries:0:ReconnectEvery", "00:00:00")]
    [InlineData("Primaries:0:ReconnectEvery", "2.00:00:00")]
    [InlineData("Primaries:0:AnswerWithin", "00:00:00.5")]
    [InlineData("Primaries:0:AnswerWithin", "00:10:01")]
    [InlineData("Primaries:0:DecidesByAddress", "sometimes")]
    [InlineData("Access:IgnoredHeaders", "X-Trace;authorization")]
    [InlineData("Access:IgnoredHeaders", "Cookie")]
    [InlineData("Access:IgnoredHeaders", "X Trace")]
    [InlineData("Access:MaxHeaders", "8KiB")]
    [InlineData("Access:MaxHeaders", "1MiB")]
    public void Setting_IsRefused_WhenItsValueIsNotAccepted(string name, string value) =>
        Assert.Throws<SettingsException>(() => Read(Given((name, value))));

    [Fact]
    public void List_OfALaterSource_ReplacesThatOfAnEarlierOne()
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(Given(("Listen:0", "http://127.0.0.1:1"), ("Listen:1", "http://127.0.0.1:2")))
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Listen"] = "http://127.0.0.1:3" })
            .Build();

        Assert.Equal([3], OptionsReader.Read(configuration).Listen.Select(address => address.EndPoint.Port));
    }

    [Theory]
    [InlineData("512", 512L)]
    [InlineData("10MiB", 10L << 20)]
    [InlineData("64 GiB", 64L << 30)]
    [InlineData("8388607TiB", 8388607L << 40)]
    public void ByteSize_IsRead(string text, long bytes) => Assert.Equal((true, bytes), (ByteSize.TryParse(text, out long read), read));

    [Theory]
    [InlineData("")]
    [InlineData("GiB")]
    [InlineData("-1")]
    [InlineData("1.5GiB")]
    [InlineData("10MB")]
    [InlineData("8388608TiB")]
    [InlineData("9223372036854775808")]
    public void ByteSize_IsRefused(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080")]
    [InlineData("https://[::1]:0", "https://[::1]:0")]
    [InlineData("http://localhost:1", "http://127.0.0.1:1")]
    [InlineData("https://*:443", "https://[::]:443")]
    public void ListenAddress_IsRead(string text, string url)
    {
        Assert.True(ListenAddress.TryParse(text, out ListenAddress? address));
        Assert.Equal(url, address.UrlAt(address.EndPoint));
    }

    [Theory]
    [InlineData("127.0.0.1:8080")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("http://name.example:1")]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("http://127.0.0.1:1/path")]
    public void ListenAddress_IsRefused(string text) => Assert.False(ListenAddress.TryParse(text, out _));

    private static Dictionary<string, string?> Given(params (string Name, string Value)[] more)
    {
        Dictionary<string, string?> all = new() { ["Primaries:0:Url"] = "http://git.example.test", ["Data"] = "data" };
        foreach ((string name, string value) in more)
        {
            all[name] = value;
        }

        return all;
    }

    private static NodeOptions Read(Dictionary<string, string?> values) =>
        OptionsReader.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
}
