using System.ComponentModel;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Waystation.Proxy.Doctor.Looks;

/// <summary>
/// What a server shows in a TLS handshake. The handshake is always broken off when the certificate is there, so nothing is ever sent to a
/// server that is not trusted.
/// </summary>
internal sealed class TlsLook
{
    /// <summary>Whether the server speaks TLS.</summary>
    public bool IsTls { get; private set; }

    /// <summary>Its certificate; null if it showed none.</summary>
    public X509Certificate2? Certificate { get; private set; }

    /// <summary>The names that the certificate is for.</summary>
    public IReadOnlyList<string> Names =>
        Certificate is null
            ? []
            :
            [
                .. Certificate
                    .Extensions.OfType<X509SubjectAlternativeNameExtension>()
                    .SelectMany(static all =>
                        all.EnumerateDnsNames().Concat(all.EnumerateIPAddresses().Select(static ip => ip.ToString()))
                    ),
            ];

    /// <summary>Looks.</summary>
    /// <param name="to">The server.</param>
    /// <param name="name">The name to ask for.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="SocketException">There is no connection.</exception>
    public static async Task<TlsLook> AtAsync(EndPoint to, string name, CancellationToken cancellationToken)
    {
        var look = new TlsLook();
        await using NetworkStream stream = await TcpLook.OpenAsync(to, cancellationToken);
        await using var tls = new SslStream(stream);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = name,
                    RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                    {
                        look.IsTls = true;
                        look.Certificate = certificate is null ? null : X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
                        return false;
                    },
                },
                cancellationToken
            );
        }
        catch (AuthenticationException e)
        {
            // An alert is an answer of TLS too: the server refuses the versions or the name.
            look.IsTls |=
                e.InnerException is Win32Exception or not null
                && e.GetBaseException().Message.Contains("alert", StringComparison.OrdinalIgnoreCase);
        }
        catch (IOException)
        {
            // It ended the connection: that is no TLS.
        }

        return look;
    }
}
