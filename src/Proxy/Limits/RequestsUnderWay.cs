using System.Net;
using Waystation.Primaries;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Limits;

/// <summary>
/// Counts the requests under way of each client address, against the bound of its connections: over HTTP/2, and from a balancer, many
/// requests come on one connection.
/// </summary>
internal sealed class RequestsUnderWay(ClientOptions options)
{
    private readonly int _perAddress = options.MaxConnectionsPerAddress == 0 ? int.MaxValue : options.MaxConnectionsPerAddress;
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _byAddress = [];

    /// <summary>Begins a request, unless its address has too many. <see cref="End"/> must follow one that began.</summary>
    public bool TryBegin(IPAddress address)
    {
        IPAddress counted = ClientNetworks.Counted(address);
        lock (_lock)
        {
            int before = _byAddress.GetValueOrDefault(counted);
            if (before >= _perAddress)
            {
                return false;
            }

            _byAddress[counted] = before + 1;
            return true;
        }
    }

    public void End(IPAddress address)
    {
        IPAddress counted = ClientNetworks.Counted(address);
        lock (_lock)
        {
            if (--_byAddress[counted] is 0)
            {
                _byAddress.Remove(counted);
            }
        }
    }
}
