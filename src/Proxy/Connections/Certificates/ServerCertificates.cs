using System.Diagnostics.Metrics;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Waystation.Primaries.Certificates;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Connections.Certificates;

/// <summary>
/// The certificates of the https addresses. A client gets the one for the name that it asks for (SNI, RFC 6066). Changed files are loaded
/// again without a restart, away from handshakes: connections that are open keep the certificate that they began with.
/// </summary>
internal sealed class ServerCertificates : IDisposable
{
    private readonly TimeProvider _time;
    private readonly ILogger<ServerCertificates> _logger;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private IReadOnlyList<FollowedCertificate> _served;
    private CertificateNames _names;

    /// <exception cref="CertificateException">A file cannot be used.</exception>
    public ServerCertificates(TlsOptions options, TimeProvider time, Meter meter, ILogger<ServerCertificates> logger)
    {
        (_time, _logger) = (time, logger);
        _served = [.. options.AllFiles.Select(New)];
        _names = NamesOf(_served);
        meter.CreateObservableGauge(
            "waystation_certificate_seconds_left",
            () => Measure(one => (long)(one.Current.NotAfter - time.GetUtcNow()).TotalSeconds),
            description: "Seconds until the certificate in `file` expires. Negative after that."
        );
        meter.CreateObservableGauge(
            "waystation_certificate_files_wrong",
            () => Measure(static one => one.IsWrong ? 1 : 0),
            description: "1 while the certificate in `file` cannot be used and the node keeps the one that it had, else 0."
        );
        _timer = time.CreateTimer(_ => Look(), null, FollowedCertificate.LookEvery, FollowedCertificate.LookEvery);
    }

    /// <summary>All certificates, in the order of the settings.</summary>
    public IReadOnlyList<FollowedCertificate> All => Volatile.Read(ref _served);

    /// <summary>The options of each TLS handshake.</summary>
    public TlsHandshakeCallbackOptions HandshakeOptions =>
        new()
        {
            OnConnection = hello =>
                ValueTask.FromResult(
                    new SslServerAuthenticationOptions
                    {
                        ServerCertificateContext = Find(hello.ClientHelloInfo.ServerName),
                        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
#pragma warning disable CA5398 // Left to the system, TLS 1.0 is on where its OpenSSL has it; no later version than 1.3 exists.
                        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
#pragma warning restore CA5398
                    }
                ),
        };

    /// <summary>The certificate for a client.</summary>
    /// <param name="serverName">The name that it asks for; empty if it asks for none.</param>
    public SslStreamCertificateContext Find(string serverName) => Volatile.Read(ref _names).Find(serverName).Context;

    /// <summary>Takes over changed settings. A certificate whose files are still named stays as it is.</summary>
    public void Use(TlsOptions options)
    {
        lock (_gate)
        {
            IReadOnlyList<CertificateFiles> files = options.AllFiles;
            if (files.SequenceEqual(_served.Select(static one => one.Files)))
            {
                return;
            }

            try
            {
                _served = [.. files.Select(one => _served.FirstOrDefault(served => served.Files == one) ?? New(one))];
                Volatile.Write(ref _names, NamesOf(_served));
            }
            catch (CertificateException e)
            {
                _logger.CertificatesKept(e.Message);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        lock (_gate)
        {
            bool isChanged = false;
            foreach (FollowedCertificate one in _served)
            {
                isChanged |= one.Look();
            }

            if (isChanged)
            {
                Volatile.Write(ref _names, NamesOf(_served));
            }
        }
    }

    private static CertificateNames NamesOf(IEnumerable<FollowedCertificate> served) => new([.. served.Select(static one => one.Current)]);

    private FollowedCertificate New(CertificateFiles files) => new(files, _time, _logger);

    private IEnumerable<Measurement<long>> Measure(Func<FollowedCertificate, long> value) =>
        Volatile
            .Read(ref _served)
            .Select(one => new Measurement<long>(value(one), new KeyValuePair<string, object?>("file", one.Files.Certificate)));
}
