using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Waystation.Primaries;

/// <summary>
/// Networks of clients, as an operator lists them. An IPv4 address counts as the same when IPv6 writes it (RFC 4291, 2.5.5.2).
/// </summary>
public sealed class ClientNetworks
{
    public const string Accepted = "an IPv4 or IPv6 address or network, such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32";

    /// <summary>The length of the prefix behind which IPv6 writes an IPv4 address.</summary>
    private const int MappedPrefix = 96;

    private readonly IPNetwork[] _networks;

    public ClientNetworks(IReadOnlyList<IPNetwork> networks) => _networks = [.. networks];

    public bool IsEmpty => _networks.Length == 0;

    public bool Contains(IPAddress address)
    {
        IPAddress plain = Plain(address);
        return Array.Exists(_networks, network => network.Contains(plain));
    }

    /// <summary>
    /// The one form of an address: IPv4 as IPv4 also where a socket of both families says it, and no name of a network card.
    /// </summary>
    public static IPAddress Plain(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
            : address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 } ? new IPAddress(address.GetAddressBytes())
            : address;
    }

    /// <summary>The address that a client counts for: of IPv6 the network of 64 bits, which one machine has to itself.</summary>
    public static IPAddress Counted(IPAddress address)
    {
        IPAddress plain = Plain(address);
        if (plain.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return plain;
        }

        byte[] bytes = plain.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    /// <summary>
    /// Parses an address as everybody writes it. The system's own parser also takes <c>10</c>, <c>0x0a000001</c> and <c>012.1.1.1</c>,
    /// which mean different addresses to different programs.
    /// </summary>
    public static bool TryParseAddress(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        if (!IPAddress.TryParse(text, out address))
        {
            return false;
        }

        bool isPlain =
            address.AddressFamily == AddressFamily.InterNetwork ? text.SequenceEqual(address.ToString()) : !text.ContainsAny('%', '[', ']');
        address = isPlain ? Plain(address) : null;
        return isPlain;
    }

    /// <summary>
    /// Parses an address or a network. A network with bits behind its prefix is refused: it is a slip, and nobody knows of what.
    /// </summary>
    public static bool TryParse(string text, out IPNetwork network)
    {
        ArgumentNullException.ThrowIfNull(text);
        network = default;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string head = slash < 0 ? text : text[..slash];
        if (!TryParseAddress(head, out IPAddress? address))
        {
            return false;
        }

        bool isMapped = address.AddressFamily == AddressFamily.InterNetwork && head.Contains(':', StringComparison.Ordinal);
        int longest = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        int prefix = longest;
        if (slash >= 0 && !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix))
        {
            return false;
        }

        prefix -= slash >= 0 && isMapped ? MappedPrefix : 0;
        if (prefix < 0 || prefix > longest || HasBitsBehind(address.GetAddressBytes(), prefix))
        {
            return false;
        }

        network = new IPNetwork(address, prefix);
        return true;
    }

    private static bool HasBitsBehind(byte[] bytes, int prefix)
    {
        for (int bit = prefix; bit < bytes.Length * 8; bit++)
        {
            if ((bytes[bit / 8] & (0x80 >> (bit % 8))) != 0)
            {
                return true;
            }
        }

        return false;
    }
}
