using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Waystation.Proxy.Options;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Connections;

/// <summary>
/// The certificate of the https addresses, with its chain from the file. Changed files are loaded again without a restart.
/// </summary>
internal sealed class ServerCertificate(TlsOptions files, TimeProvider time, ILogger<ServerCertificate> logger)
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private SslStreamCertificateContext _current = Load(files);
    private (DateTime Certificate, DateTime Key) _stamps = Stamps(files);
    private long _looked = time.GetTimestamp();

    /// <summary>The options of each TLS handshake.</summary>
    public TlsHandshakeCallbackOptions HandshakeOptions =>
        new()
        {
            OnConnection = _ =>
                ValueTask.FromResult(
                    new SslServerAuthenticationOptions
                    {
                        ServerCertificateContext = Current(),
                        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                    }
                ),
        };

    public SslStreamCertificateContext Current()
    {
        lock (_gate)
        {
            if (time.GetElapsedTime(_looked) < s_lookEvery)
            {
                return _current;
            }

            _looked = time.GetTimestamp();
            (DateTime, DateTime) stamps = Stamps(files);
            if (stamps != _stamps)
            {
                try
                {
                    // A handshake may use the old certificate right now, so it is not disposed here; the collector frees it.
                    _current = Load(files);
                    _stamps = stamps;
                    logger.CertificateReloaded();
                }
                catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
                {
                    logger.CertificateKept(e);
                }
            }

            return _current;
        }
    }

    /// <summary>The first certificate of the file is the server's; the others are sent with it, in their order.</summary>
    private static SslStreamCertificateContext Load(TlsOptions files)
    {
        X509Certificate2 server = X509Certificate2.CreateFromPemFile(files.Certificate!, files.Key!);
        var all = new X509Certificate2Collection();
        all.ImportFromPemFile(files.Certificate!);
        return SslStreamCertificateContext.Create(server, [.. all.Skip(1)], offline: true);
    }

    private static (DateTime Certificate, DateTime Key) Stamps(TlsOptions files) =>
        (File.GetLastWriteTimeUtc(files.Certificate!), File.GetLastWriteTimeUtc(files.Key!));
}
