using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Waystation.Primaries;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Hosting;

/// <summary>
/// Finds primaries whose address is one at which this node itself listens: each request would come back. A node behind a balancer or a
/// forwarded port cannot see that at its start; it sees its own mark in the first request (<see cref="Primaries.Loops.NodeMark"/>).
/// </summary>
internal static class OwnAddresses
{
    /// <summary>A name server that does not answer must not hold up the start for long.</summary>
    private static readonly TimeSpan s_lookUp = TimeSpan.FromSeconds(3);

    /// <summary>What is wrong with the settings, a line each.</summary>
    public static async Task<IReadOnlyList<string>> FindLoopsAsync(NodeOptions options, CancellationToken cancellationToken)
    {
        IPEndPoint[] http =
        [
            .. options.Listen.Concat(options.Tls.RedirectFrom).Append(options.Admin.Listen).Select(static address => address.EndPoint),
        ];
        IPEndPoint[] ssh = options.Ssh.Listen is { } listen ? [listen] : [];
        List<string> problems = [];
        for (int i = 0; i < options.Primaries.Count; i++)
        {
            PrimaryOptions primary = options.Primaries[i];
            string name = string.Create(CultureInfo.InvariantCulture, $"Primaries:{i}");
            if (
                primary.Route.IsBypassed(primary.Url)
                && await FindAsync(primary.ConnectTo ?? new DnsEndPoint(primary.Url.IdnHost.Trim('[', ']'), primary.Url.Port), http)
                    is { } own
            )
            {
                problems.Add(Words(name, primary.Url.Authority, own));
            }

            if (
                primary.Ssh is { } target
                && await FindAsync(new DnsEndPoint(target.ConnectHost ?? target.Host, target.ConnectPort ?? target.Port), ssh) is { } ownSsh
            )
            {
                problems.Add(Words(name, $"{target.Host} over SSH", ownSsh));
            }
        }

        return problems;

        async Task<IPEndPoint?> FindAsync(DnsEndPoint to, IPEndPoint[] listening)
        {
            IPEndPoint[] same = [.. listening.Where(one => one.Port == to.Port && one.Port != 0)];
            if (same.Length == 0)
            {
                return null;
            }

            using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            late.CancelAfter(s_lookUp);
            try
            {
                IPAddress[] addresses = await Dns.GetHostAddressesAsync(to.Host, late.Token);
                return addresses
                    .Select(static address => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)
                    .Where(address => same.Any(one => IsAt(one.Address, address)))
                    .Select(address => new IPEndPoint(address, to.Port))
                    .FirstOrDefault();
            }
            catch (Exception e)
                when (e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // An unknown name leads nowhere; the first request says so.
                return null;
            }
        }
    }

    private static bool IsAt(IPAddress listening, IPAddress address) =>
        listening.Equals(address)
        || (
            (
                listening.Equals(IPAddress.IPv6Any)
                || (listening.Equals(IPAddress.Any) && address.AddressFamily == AddressFamily.InterNetwork)
            )
            && (
                IPAddress.IsLoopback(address)
                || NetworkInterface
                    .GetAllNetworkInterfaces()
                    .SelectMany(static network => network.GetIPProperties().UnicastAddresses)
                    .Any(own => own.Address.Equals(address))
            )
        );

    private static string Words(string name, string primary, IPEndPoint own) =>
        $"{name}: {primary} is at {own}, where this node itself listens, so the node would ask itself: "
        + $"give the primary's own address in {name}:Address (--primary-address)";
}
