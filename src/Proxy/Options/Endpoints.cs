using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Waystation.Proxy.Options;

/// <summary>Hosts and ports as operators write them.</summary>
internal static class Endpoints
{
    public const string IpAccepted = "an IP address, localhost or * and a port, such as *:22 or 127.0.0.1:2222";
    public const string HostAccepted = "host:port or host, such as 10.0.0.5:443";

    public static bool TryParseIp(string text, [NotNullWhen(true)] out IPEndPoint? value)
    {
        value = null;
        int colon = text.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            return false;
        }

        string host = text[..colon];
        IPAddress? address =
            host == "*" ? IPAddress.IPv6Any
            : host == "localhost" ? IPAddress.Loopback
            : !(host.Contains(':', StringComparison.Ordinal) && host is not ['[', .., ']'])
            && IPAddress.TryParse(host, out IPAddress? parsed)
                ? parsed
            : null;
        value = address is null ? null : new IPEndPoint(address, port);
        return value is not null;
    }

    /// <summary>Parses a host name or an IP address; the port is 0 if none is given.</summary>
    public static bool TryParseHost(string text, [NotNullWhen(true)] out DnsEndPoint? value)
    {
        value = null;
        if (
            text.Contains('/', StringComparison.Ordinal)
            || !Uri.TryCreate($"tcp://{text}", UriKind.Absolute, out Uri? uri)
            || uri.Host.Length == 0
        )
        {
            return false;
        }

        value = new DnsEndPoint(uri.IdnHost.Trim('[', ']'), Math.Max(uri.Port, 0));
        return true;
    }
}
