using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using Waystation.SshFrontend.KeyAuthorities;

namespace Waystation.Proxy.Settings;

/// <summary>The SSH door.</summary>
internal sealed record SshSettings
{
    public const string ListenAccepted = "an IP address, localhost or * and a port, such as *:22 or 127.0.0.1:2222";

    /// <summary>Where clients connect; port 0 chooses one.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Private host keys; empty to make some.</summary>
    public required IReadOnlyList<string> HostKeys { get; init; }

    /// <summary>Whether a forwarded agent speaks for its user.</summary>
    public required bool TakesAgents { get; init; }

    /// <summary>Logins under way at once from one address; 0 is no bound.</summary>
    public int MaxLoginsPerAddress { get; init; }

    /// <summary>A file of public keys whose certificates the key authority is asked about.</summary>
    public string? TrustedUserCAKeys { get; init; }

    public required KeyAuthorityOptions KeyAuthority { get; init; }

    public static bool TryParseListen(string text, [NotNullWhen(true)] out IPEndPoint? value)
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
}
