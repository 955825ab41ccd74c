using System.Net;
using System.Net.Sockets;
using Waystation.Primaries;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Hosting;

/// <summary>Where the clients of the SSH door reach this node over HTTP.</summary>
internal sealed class NodeAddress(SshOptions options, PrimaryMap primaries)
{
    private IReadOnlyList<(bool IsTls, IPEndPoint EndPoint)> _doors = [];

    /// <summary>The addresses for clients are open.</summary>
    public void Opened(IReadOnlyList<(bool IsTls, IPEndPoint EndPoint)> doors) => _doors = doors;

    /// <summary>Scheme and authority for the client of a session; null if that is the primary's own name.</summary>
    /// <param name="connection">Addresses and ports of client and node, as in <c>SSH_CONNECTION</c>.</param>
    public string? For(string connection)
    {
        if (options.HttpUrl is { } told)
        {
            return told.GetLeftPart(UriPartial.Authority);
        }

        Uri primary = new(primaries.OverSsh.Http.Prefix);
        bool isTls = primary.Scheme == Uri.UriSchemeHttps;
        if (_doors.Any(door => door.IsTls == isTls && door.EndPoint.Port == primary.Port))
        {
            // The primary's name leads clients to this node.
            return null;
        }

        if (_doors is not [var first, ..])
        {
            return null;
        }

        (bool overTls, IPEndPoint endPoint) = _doors.FirstOrDefault(door => door.IsTls == isTls, first);
        string scheme = overTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;
        // A certificate names a host, not an address.
        string host = overTls ? primary.Host : HostOf(endPoint.Address, connection);
        return $"{scheme}://{host}:{endPoint.Port}";
    }

    private static string HostOf(IPAddress listening, string connection)
    {
        IPAddress address =
            listening.Equals(IPAddress.Any) || listening.Equals(IPAddress.IPv6Any)
                ? connection.Split(' ') is [_, _, var node, _] && IPAddress.TryParse(node, out IPAddress? known)
                    ? known
                    : IPAddress.Loopback
                : listening;
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
    }
}
