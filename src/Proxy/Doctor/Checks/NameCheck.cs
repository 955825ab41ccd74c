using System.Net;
using System.Net.Sockets;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>
/// The name of a server has addresses, and each of them takes connections. An address that takes none costs each new connection seconds,
/// and is easily overlooked while another one works.
/// </summary>
/// <param name="server">The server.</param>
/// <param name="resolve">Looks a name up.</param>
internal sealed class NameCheck(GitServer server, Func<string, CancellationToken, Task<IPAddress[]>> resolve) : Check("name", server.Name)
{
    public override async Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        string host = server.ConnectTo.Host;
        if (server.Proxy is { } proxy)
        {
            findings.Skip($"the proxy {proxy.GetLeftPart(UriPartial.Authority)} looks the name up");
            return;
        }

        if (IPAddress.TryParse(host, out IPAddress? fixedAddress))
        {
            findings.Ok($"{fixedAddress} is an address and needs no name server");
            return;
        }

        IPAddress[] addresses;
        try
        {
            addresses = await resolve(host, cancellationToken);
        }
        catch (SocketException e)
        {
            findings.Fail(
                $"{host} has no address: {e.Message}",
                $"correct the name in {server.Settings}, or the name servers of this machine (/etc/resolv.conf); "
                    + $"getent hosts {host} shows more"
            );
            return;
        }

        (IPAddress Address, string? Trouble)[] tried = await Task.WhenAll(
            addresses.Select(async address =>
                (address, await TcpLook.TroubleAsync(new IPEndPoint(address, server.ConnectTo.Port), cancellationToken))
            )
        );
        findings.Ok($"{host} is at {string.Join(", ", addresses.Select(static address => address.ToString()))}");
        if (tried.All(static one => one.Trouble is not null))
        {
            return;
        }

        foreach ((IPAddress address, string? trouble) in tried.Where(static one => one.Trouble is not null))
        {
            findings.Warn(
                $"{FamilyOf(address)} address {address} is in DNS, but takes no connection at port {server.ConnectTo.Port}: {trouble}",
                address.AddressFamily == AddressFamily.InterNetworkV6
                    ? "repair the way over IPv6, or remove the AAAA record; until then connections may begin seconds late"
                    : "repair the way to this address, or remove its record; until then connections may begin seconds late"
            );
        }
    }

    private static string FamilyOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";
}
