using System.Net;
using Waystation.Primaries.Lfs;

namespace Waystation.Primaries.Tests.Lfs;

/// <summary>Addresses that the node does not ask on the word of others.</summary>
public sealed class AddressKindTests
{
    [Theory]
    [InlineData("8.8.8.8", "Public")]
    [InlineData("172.15.0.1", "Public")]
    [InlineData("172.32.0.1", "Public")]
    [InlineData("2001:4860:4860::8888", "Public")]
    [InlineData("127.0.0.1", "Loopback")]
    [InlineData("127.255.0.1", "Loopback")]
    [InlineData("0.0.0.0", "Loopback")]
    [InlineData("::1", "Loopback")]
    [InlineData("::", "Loopback")]
    [InlineData("::ffff:127.0.0.1", "Loopback")]
    [InlineData("64:ff9b::7f00:1", "Loopback")]
    [InlineData("2002:7f00:1::1", "Loopback")]
    [InlineData("10.1.2.3", "Private")]
    [InlineData("172.16.0.1", "Private")]
    [InlineData("172.31.255.255", "Private")]
    [InlineData("192.168.0.1", "Private")]
    [InlineData("100.64.0.1", "Private")]
    [InlineData("::ffff:10.0.0.1", "Private")]
    [InlineData("fd00::1", "Private")]
    [InlineData("169.254.169.254", "LinkLocal")]
    [InlineData("::ffff:169.254.169.254", "LinkLocal")]
    [InlineData("fe80::1", "LinkLocal")]
    [InlineData("224.0.0.1", "NoHost")]
    [InlineData("255.255.255.255", "NoHost")]
    [InlineData("ff02::1", "NoHost")]
    public void Kind(string address, string kind) => Assert.Equal(kind, AddressKinds.Of(IPAddress.Parse(address)).ToString());
}
