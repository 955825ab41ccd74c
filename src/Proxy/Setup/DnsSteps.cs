using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Waystation.Proxy.Setup;

/// <summary>What remains to be done outside this machine: clients' DNS.</summary>
internal static class DnsSteps
{
    /// <param name="primary">The primary's URL.</param>
    /// <param name="hasAddress">Whether the settings have the primary's own address.</param>
    /// <param name="hasSsh">Whether the node takes SSH clients.</param>
    /// <param name="listen">The addresses for clients.</param>
    public static string Of(Uri primary, bool hasAddress, bool hasSsh, string listen)
    {
        string name = primary.IdnHost;
        if (!hasAddress)
        {
            return $"""
                Clients reach the node by its own URL ({listen}). To lead the name {name} to it, so that nobody changes a remote, run
                waystation init again and give the primary's own address.
                """;
        }

        string addresses = string.Join(", ", OwnAddresses());
        return $"""
            What remains, outside this machine:
              1. Look: waystation doctor with this file, until nothing fails.
              2. Lower the time to live (TTL) of the records of {name} to a minute, a day before.
              3. Where the clients of this node look names up, let {name} lead to this machine: A and AAAA records with {addresses}.
                 Only there: the rest of the world goes on to reach the primary itself.
              4. Keep one name of the primary that leads past the node, for its own operators.
              5. Look from a client: getent hosts {name}; git ls-remote {primary}PATH{(hasSsh ? $"; ssh -T git@{name}" : "")}
              To go back, restore the records.
            """;
    }

    private static IEnumerable<string> OwnAddresses() =>
        NetworkInterface
            .GetAllNetworkInterfaces()
            .Where(static network =>
                network.OperationalStatus == OperationalStatus.Up && network.NetworkInterfaceType != NetworkInterfaceType.Loopback
            )
            .SelectMany(static network => network.GetIPProperties().UnicastAddresses)
            .Select(static one => one.Address)
            .Where(static address => address.AddressFamily == AddressFamily.InterNetwork || !address.IsIPv6LinkLocal)
            .Select(static address => address.ToString())
            .DefaultIfEmpty("the addresses of this machine");
}
