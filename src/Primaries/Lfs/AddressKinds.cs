using System.Net;
using System.Net.Sockets;

namespace Waystation.Primaries.Lfs;

/// <summary>Finds the kind of an address.</summary>
internal static class AddressKinds
{
    private static readonly (IPNetwork Network, AddressKind Kind)[] s_networks =
    [
        (IPNetwork.Parse("0.0.0.0/8"), AddressKind.Loopback),
        (IPNetwork.Parse("127.0.0.0/8"), AddressKind.Loopback),
        (IPNetwork.Parse("10.0.0.0/8"), AddressKind.Private),
        (IPNetwork.Parse("100.64.0.0/10"), AddressKind.Private),
        (IPNetwork.Parse("172.16.0.0/12"), AddressKind.Private),
        (IPNetwork.Parse("192.168.0.0/16"), AddressKind.Private),
        (IPNetwork.Parse("169.254.0.0/16"), AddressKind.LinkLocal),
        (IPNetwork.Parse("192.0.0.0/24"), AddressKind.NoHost),
        (IPNetwork.Parse("224.0.0.0/3"), AddressKind.NoHost),
        (IPNetwork.Parse("::/127"), AddressKind.Loopback),
        (IPNetwork.Parse("fc00::/7"), AddressKind.Private),
        (IPNetwork.Parse("fec0::/10"), AddressKind.Private),
        (IPNetwork.Parse("fe80::/10"), AddressKind.LinkLocal),
        (IPNetwork.Parse("ff00::/8"), AddressKind.NoHost),
    ];

    /// <summary>IPv6 networks whose addresses end with, or have inside, an IPv4 address; and the offset of that in bytes.</summary>
    private static readonly (IPNetwork Network, int Offset)[] s_carriers =
    [
        (IPNetwork.Parse("64:ff9b::/96"), 12),
        (IPNetwork.Parse("2002::/16"), 2),
    ];

    public static AddressKind Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return Of(address.MapToIPv4());
        }

        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            foreach ((IPNetwork network, int offset) in s_carriers)
            {
                if (network.Contains(address))
                {
                    return Of(new IPAddress(address.GetAddressBytes().AsSpan(offset, 4)));
                }
            }
        }

        foreach ((IPNetwork network, AddressKind kind) in s_networks)
        {
            if (network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address))
            {
                return kind;
            }
        }

        return AddressKind.Public;
    }
}
