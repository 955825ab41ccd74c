using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>
/// The certificate of a server is for its name, valid now, and of a known authority, by the judgement of the node itself.
/// </summary>
internal sealed class TlsCheck(GitServer server, Check scheme) : Check("tls", server.Name, scheme)
{
    private const string UnknownAuthority = "the node knows no authority";

    private static readonly TimeSpan s_soon = TimeSpan.FromDays(14);

    public override TimeSpan Limit => TimeSpan.FromSeconds(8);

    public override async Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        if (!server.IsTls)
        {
            findings.Skip("the URL is http");
            return;
        }

        TlsLook? look = await LookAsync(cancellationToken);
        try
        {
            using HttpResponseMessage response = await server.GetAsync(HttpCheck.TargetOf(server), [], cancellationToken);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.SecureConnectionError)
        {
            if (
                server.Role == ServerRole.OwnAddress
                && e.Message.Contains(UnknownAuthority, StringComparison.Ordinal)
                && look?.Certificate is not null
            )
            {
                // Not this machine, but the clients must know the authority.
                findings.Ok($"{WordsOf(look)}; this machine does not know the issuer, the clients must");
                return;
            }

            findings.Fail(e.Message, RemedyOf(e.Message));
            return;
        }
        catch (HttpRequestException)
        {
            // The handshake is done; the check of HTTP says what is wrong behind it.
        }

        if (look?.Certificate is not { } certificate)
        {
            findings.Ok("the certificate is for this name, valid and of a known authority");
            return;
        }

        if (certificate.NotAfter.ToUniversalTime() - DateTime.UtcNow is var left && left < s_soon && !server.IsNode)
        {
            findings.Warn(
                string.Create(CultureInfo.InvariantCulture, $"its certificate expires at {certificate.NotAfter.ToUniversalTime():u}"),
                "ask the primary's operator to renew it; after that moment the node reaches the primary no more"
            );
            return;
        }

        findings.Ok(WordsOf(look));
    }

    /// <summary>Nothing if a proxy is on the way.</summary>
    private async Task<TlsLook?> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            return server.Proxy is null ? await TlsLook.AtAsync(server.ConnectTo, server.TlsName, cancellationToken) : null;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static string WordsOf(TlsLook look) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"certificate for {string.Join(", ", look.Names)}, until {look.Certificate!.NotAfter.ToUniversalTime():u}, "
                + $"issued by {look.Certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: true)}"
        );

    private string RemedyOf(string words) =>
        words.Contains("another name", StringComparison.Ordinal)
            ? server.IsNode
                ? $"give the node a certificate for {server.TlsName} (Tls:Certificate): clients use that name"
                : $"the address leads to another server, or the certificate is wrong: check {server.Settings}:Address, "
                    + "ask the primary's operator"
            : words.Contains("expired", StringComparison.Ordinal) || words.Contains("valid only from", StringComparison.Ordinal)
                ? server.IsNode
                    ? "renew the files of Tls:Certificate; check the clock of this machine"
                    : "ask the primary's operator for a valid certificate; check the clock of this machine"
                : words.Contains(UnknownAuthority, StringComparison.Ordinal)
                    ? $"name a PEM file with the authority in {server.Settings}:Tls:CaFile; "
                        + "if a public authority issued it, the server does not send its intermediate certificate"
                    : words.Contains("Tls:Pin", StringComparison.Ordinal)
                        ? "ask the primary's operator before you add the new pin"
                        : $"the server takes no TLS 1.2 or 1.3, or demands a certificate of the node ({server.Settings}:Tls:Certificate)";
}
