using System.Net;

namespace Waystation.Primaries.Http.Proxies;

/// <summary>The proxies for plain requests: these bring their login along (<see cref="ProxiedTargets"/>).</summary>
internal sealed class BareProxies(ProxyRoute route) : IWebProxy
{
    public ICredentials? Credentials
    {
        get => null;
        set => throw new NotSupportedException();
    }

    public Uri? GetProxy(Uri destination) => route.GetProxy(destination);

    public bool IsBypassed(Uri host) => route.IsBypassed(host);
}
