using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Waystation.Proxy.Settings;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Http;

/// <summary>The certificate of the https addresses; files that changed are loaded again without a restart.</summary>
internal sealed class ServerCertificate(TlsFiles files, TimeProvider time, ILogger<ServerCertificate> logger)
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private X509Certificate2 _current = Load(files);
    private (DateTime Certificate, DateTime Key) _stamps = Stamps(files);
    private long _looked = time.GetTimestamp();

    public X509Certificate2 Current()
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
                    // The one in use may serve a handshake right now: it is left to the collector.
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

    private static X509Certificate2 Load(TlsFiles files) => X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);

    private static (DateTime Certificate, DateTime Key) Stamps(TlsFiles files) => (File.GetLastWriteTimeUtc(files.Certificate), File.GetLastWriteTimeUtc(files.Key));
}
