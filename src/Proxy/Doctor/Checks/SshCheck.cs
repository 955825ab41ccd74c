using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>An SSH server answers, and takes key types and key exchanges that today's clients have.</summary>
/// <param name="subject">Its name in lines.</param>
/// <param name="to">Where it is.</param>
/// <param name="remedy">What to do if nothing answers.</param>
internal sealed class SshCheck(string subject, EndPoint to, string remedy) : Check("ssh", subject)
{
    private const string Certificate = "-cert-v01@openssh.com";

    /// <summary>By SHA-1 or DSA: OpenSSH refuses them from 8.8 on.</summary>
    private static readonly HashSet<string> s_weakKeys = new(["ssh-rsa", "ssh-dss"], StringComparer.Ordinal);

    public override async Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        SshGreeting greeting;
        try
        {
            greeting = await SshGreeting.ReadAsync(to, cancellationToken);
        }
        catch (SocketException e)
        {
            findings.Fail($"no connection to {TextOf(to)}: {e.Message}", remedy);
            return;
        }
        catch (InvalidDataException e)
        {
            findings.Fail($"{TextOf(to)} is no SSH server: {e.Message}", "correct the port; SSH and HTTP have ports of their own");
            return;
        }

        string[] keys = [.. greeting.HostKeyTypes.Where(static type => !type.EndsWith(Certificate, StringComparison.Ordinal))];
        if (keys.All(s_weakKeys.Contains))
        {
            findings.Fail(
                $"it proves its host key only by {string.Join(", ", keys)} (SHA-1), which OpenSSH refuses since 8.8",
                "give that server an ed25519 or ecdsa host key, or an sshd that signs with rsa-sha2-256 and rsa-sha2-512"
            );
        }
        else if (greeting.KeyExchanges.All(static one => IsWeak(one)))
        {
            findings.Fail(
                $"it takes only the key exchanges {string.Join(", ", greeting.KeyExchanges)} (SHA-1), which OpenSSH refuses",
                "update that server; curve25519-sha256 or diffie-hellman-group14-sha256 is enough"
            );
        }
        else
        {
            findings.Ok($"{greeting.Banner}; host keys by {string.Join(", ", keys)}");
        }
    }

    private static bool IsWeak(string exchange) =>
        exchange.EndsWith("-sha1", StringComparison.Ordinal)
        // Not key exchanges, but marks of extensions (RFC 8308; strict key exchange).
        || exchange.StartsWith("ext-info-", StringComparison.Ordinal)
        || exchange.StartsWith("kex-strict-", StringComparison.Ordinal);

    private static string TextOf(EndPoint to) =>
        to is DnsEndPoint name ? string.Create(CultureInfo.InvariantCulture, $"{name.Host}:{name.Port}") : to.ToString()!;
}
