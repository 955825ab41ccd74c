using System.Net;
using System.Net.Sockets;
using Waystation.Primaries.Http;

namespace Waystation.Primaries.Lfs;

/// <summary>
/// Which hosts the node asks for LFS objects. The primary names the URL of each object, and a storage may redirect further; neither may
/// make the node ask a server in its own network that the primary's users cannot reach.
/// <code>
///   the primary itself                      yes
///   a host of Lfs:StorageHosts              yes, at any address
///   another host, if there are such hosts   no
///   another host, through a proxy           no: the proxy looks the name up, so no address can be checked
///   another host, if there are none         at public addresses, and at addresses of the kind that the primary has
/// </code>
/// </summary>
public sealed class StorageHosts
{
    private readonly IReadOnlyList<string> _allowed;

    /// <param name="allowed">Host names, or <c>*.</c> and a domain for all names in it.</param>
    public StorageHosts(IReadOnlyList<string> allowed) => _allowed = allowed;

    /// <summary>Whether the name may be asked, whatever its address is.</summary>
    public bool IsListed(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return _allowed.Any(allowed => Matches(allowed, HostOf(url)));
    }

    /// <summary>Whether a URL may be asked, as far as its text shows. The address of a name is checked when the node connects.</summary>
    /// <param name="url">The URL.</param>
    /// <param name="origin">The primary that named it.</param>
    public bool MayAsk(Uri url, HttpOrigin origin)
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentNullException.ThrowIfNull(origin);
        if (!url.IsAbsoluteUri || url.UserInfo.Length > 0 || (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp))
        {
            return false;
        }

        return origin.IsOwn(url) || IsListed(url) || (_allowed.Count == 0 && origin.StorageProxy.Find(url) is null);
    }

    /// <summary>The addresses of a name at which the node may ask.</summary>
    /// <param name="url">The URL.</param>
    /// <param name="origin">The primary that named it.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="StorageRefusedException">There is no such address.</exception>
    /// <exception cref="SocketException">The name has no address.</exception>
    public async Task<IPAddress[]> AddressesAsync(Uri url, HttpOrigin origin, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(url);
        ArgumentNullException.ThrowIfNull(origin);
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(HostOf(url), cancellationToken);
        if (IsListed(url))
        {
            return addresses;
        }

        if (addresses.All(static address => AddressKinds.Of(address) == AddressKind.Public))
        {
            return addresses;
        }

        HashSet<AddressKind> kinds = [AddressKind.Public];
        try
        {
            kinds.UnionWith((await Dns.GetHostAddressesAsync(origin.ConnectHost, cancellationToken)).Select(AddressKinds.Of));
        }
        catch (SocketException)
        {
            // An unknown address of the primary permits nothing.
        }

        IPAddress[] good = [.. addresses.Where(address => kinds.Contains(AddressKinds.Of(address)))];
        return good.Length > 0 ? good : throw new StorageRefusedException(url.Host);
    }

    private static string HostOf(Uri url) => url.IdnHost.Trim('[', ']');

    private static bool Matches(string allowed, string host) =>
        allowed.StartsWith("*.", StringComparison.Ordinal)
            ? host.EndsWith(allowed[1..], StringComparison.OrdinalIgnoreCase)
            : string.Equals(allowed.Trim('[', ']'), host, StringComparison.OrdinalIgnoreCase);
}
