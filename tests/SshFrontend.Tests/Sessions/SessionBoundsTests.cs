using System.Net;
using Waystation.SshFrontend.Relays;
using Waystation.SshFrontend.Sessions;

namespace Waystation.SshFrontend.Tests.Sessions;

public sealed class SessionBoundsTests
{
    private static readonly IPAddress s_one = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress s_other = IPAddress.Parse("192.0.2.2");

    [Fact]
    public void Sessions_AreBounded_InAllAndByAddress()
    {
        var bounds = new SessionBounds(max: 3, maxPerAddress: 2);
        Assert.Null(bounds.Begin(s_one));
        Assert.Null(bounds.Begin(s_one));
        Assert.Equal("192.0.2.1 has too many sessions here; try again in a moment", bounds.Begin(s_one));
        Assert.Null(bounds.Begin(s_other));
        Assert.Equal("too many sessions are open here; try again in a moment", bounds.Begin(s_other));

        bounds.End(s_one);
        Assert.Null(bounds.Begin(s_other));
        bounds.End(s_other);
        bounds.End(s_other);
        Assert.Null(bounds.Begin(s_one));
        Assert.NotNull(bounds.Begin(s_one));
    }

    [Fact]
    public void Network_OfOneIPv6Client_CountsAsOneAddress()
    {
        var bounds = new SessionBounds(max: 10, maxPerAddress: 1);
        Assert.Null(bounds.Begin(IPAddress.Parse("2001:db8:0:1::1")));
        Assert.NotNull(bounds.Begin(IPAddress.Parse("2001:db8:0:1::2")));
        Assert.Null(bounds.Begin(IPAddress.Parse("2001:db8:0:2::1")));
        Assert.Null(bounds.Begin(null));
        Assert.NotNull(bounds.Begin(null));
    }

    [Theory]
    [InlineData("192.0.2.1 4711 192.0.2.9 22", "192.0.2.1")]
    [InlineData("2001:db8::1 4711 2001:db8::9 22", "2001:db8::1")]
    [InlineData("::ffff:192.0.2.1 4711 ::ffff:192.0.2.9 22", "192.0.2.1")]
    [InlineData("fe80::1%2 4711 fe80::2%2 22", "fe80::1")]
    [InlineData("UNKNOWN 65535 UNKNOWN 65535", null)]
    [InlineData("", null)]
    public void Address_IsTheFirstWordOfTheConnection(string connection, string? address) =>
        Assert.Equal(
            address,
            new RelaySession
            {
                Key = "",
                Command = "",
                Client = connection,
                Input = Stream.Null,
                Output = Stream.Null,
                Error = Stream.Null,
            }.Address?.ToString()
        );
}
