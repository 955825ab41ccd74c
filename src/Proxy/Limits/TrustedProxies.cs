using System.Net;
using Waystation.Primaries;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Limits;

/// <summary>The balancers in front of this node: what they say about a client's address, scheme and host is believed.</summary>
internal sealed class TrustedProxies(NodeOptions options)
{
    private readonly ClientNetworks _networks = new(options.TrustedProxies);

    public IReadOnlyList<IPNetwork> Networks => options.TrustedProxies;

    public bool Contains(IPAddress address) => _networks.Contains(address);
}
