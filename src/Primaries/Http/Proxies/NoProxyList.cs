using System.Net;

namespace Waystation.Primaries.Http.Proxies;

/// <summary>
/// The hosts of <c>NO_PROXY</c>, as curl and so git reads it: a name stands for itself and all names in it, with a dot in front or without;
/// an address or a network for the addresses in it; <c>*</c> alone for everything. .NET reads a name as itself only, and no network.
/// </summary>
internal sealed class NoProxyList
{
    private readonly string[] _names;
    private readonly IPNetwork[] _networks;
    private readonly bool _isAll;

    public NoProxyList(string? text)
    {
        string[] all = (text ?? "").Split([',', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        _isAll = all is ["*"];
        _networks = [.. all.Select(NetworkOf).OfType<IPNetwork>()];
        _names = [.. all.Where(static one => NetworkOf(one) is null).Select(static one => one.Trim('.'))];
    }

    /// <summary>Whether a URL is asked without a proxy.</summary>
    public bool Has(Uri url)
    {
        string host = url.IdnHost.Trim('[', ']').TrimEnd('.');
        return _isAll
            || (
                IPAddress.TryParse(host, out IPAddress? address)
                    ? Array.Exists(_networks, network => network.Contains(address))
                    : Array.Exists(_names, name => IsWithin(host, name))
            );
    }

    private static bool IsWithin(string host, string name) =>
        host.EndsWith(name, StringComparison.OrdinalIgnoreCase)
        && (host.Length == name.Length || (name.Length > 0 && host[^(name.Length + 1)] == '.'));

    private static IPNetwork? NetworkOf(string text)
    {
        string plain = text.Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal);
        return IPAddress.TryParse(plain, out IPAddress? address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
            : IPNetwork.TryParse(plain, out IPNetwork network) ? network
            : null;
    }
}
