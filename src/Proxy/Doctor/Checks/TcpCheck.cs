using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>A server, or the proxy on the way to it, takes connections.</summary>
internal sealed class TcpCheck(GitServer server, params IReadOnlyList<Check> needs) : Check("tcp", server.Name, needs)
{
    public override async Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        DnsEndPoint to = server.Proxy is { } proxy ? new DnsEndPoint(proxy.IdnHost.Trim('[', ']'), proxy.Port) : server.ConnectTo;
        string where = server.Proxy is null ? server.ConnectText : $"the proxy {server.Proxy.GetLeftPart(UriPartial.Authority)}";
        long begun = Stopwatch.GetTimestamp();
        try
        {
            await (await TcpLook.OpenAsync(to, cancellationToken)).DisposeAsync();
            findings.Ok(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{where} takes connections ({Stopwatch.GetElapsedTime(begun).TotalMilliseconds:0} ms)"
                )
            );
        }
        catch (SocketException e)
        {
            findings.Fail($"no connection to {where}: {e.Message}", RemedyOf(e.SocketErrorCode, where));
        }
    }

    private string RemedyOf(SocketError error, string where) =>
        server.IsNode
            ? error == SocketError.ConnectionRefused
                ? "start the node, or correct its address (Listen); nothing listens there"
                : $"let clients through to {where}: a firewall drops their packets, or the address is not of this node"
            : server.Proxy is not null
                ? $"correct {server.Settings}:Proxy:Url or the variables https_proxy and http_proxy, or start the proxy"
                : error == SocketError.ConnectionRefused
                    ? $"nothing listens at {where}: correct the port in {server.Settings}:Url or :Address"
                    : $"let this machine through to {where}: a firewall drops its packets, or there is no route";
}
