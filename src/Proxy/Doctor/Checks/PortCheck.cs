using System.Net;
using System.Net.Sockets;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>While no node runs: the node could listen at an address.</summary>
/// <param name="setting">The name of its setting.</param>
/// <param name="address">The address.</param>
/// <param name="bind">Takes the address for a moment; throws a <see cref="SocketException"/> if that is refused.</param>
internal sealed class PortCheck(string setting, IPEndPoint address, Action<IPEndPoint> bind) : Check("port", address.ToString())
{
    /// <summary>Takes an address as the node does, and gives it back.</summary>
    public static void Bind(IPEndPoint address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (address.Address.Equals(IPAddress.IPv6Any))
        {
            socket.DualMode = true;
        }

        socket.Bind(address);
        socket.Listen();
    }

    public override Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        try
        {
            bind(address);
            findings.Ok($"is free for {setting}");
        }
        catch (SocketException e)
        {
            (string seen, string remedy) = e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => (
                    $"{PortOwner.Of(address.Port) ?? "another program"} has this port",
                    $"end that program, or change {setting}"
                ),
                SocketError.AccessDenied => (
                    "this account may not take a port below 1024",
                    "give the node CAP_NET_BIND_SERVICE (systemd: AmbientCapabilities=CAP_NET_BIND_SERVICE), or take a higher port"
                ),
                SocketError.AddressNotAvailable => (
                    "this machine has no such address",
                    $"correct {setting}; http://0.0.0.0:PORT or https://*:PORT takes every address"
                ),
                _ => (e.Message, $"correct {setting}"),
            };
            findings.Fail(seen, remedy);
        }

        return Task.CompletedTask;
    }
}
