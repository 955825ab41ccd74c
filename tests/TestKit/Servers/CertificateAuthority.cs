using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Waystation.TestKit.Servers;

/// <summary>An authority of a test, in this process: it issues certificates for any names and dates.</summary>
public sealed class CertificateAuthority : IDisposable
{
    private readonly X509Certificate2 _own;

    public CertificateAuthority(string name = "Test authority")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name} {Guid.NewGuid():n}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        _own = request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(30), DateTimeOffset.UnixEpoch.AddYears(130));
    }

    /// <summary>Its certificate, as clients that trust it have it.</summary>
    public string Pem => _own.ExportCertificatePem();

    /// <summary>A certificate with its key.</summary>
    /// <param name="names">Host names or addresses.</param>
    /// <param name="notAfter">Its end; tomorrow if it is not said.</param>
    /// <param name="notBefore">Its begin; the day before yesterday if it is not said.</param>
    public X509Certificate2 Issue(IReadOnlyList<string> names, DateTimeOffset? notAfter = null, DateTimeOffset? notBefore = null)
    {
        ArgumentNullException.ThrowIfNull(names);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_own, includeKeyIdentifier: true, includeIssuerAndSerial: false)
        );
        using X509Certificate2 issued = request.Create(
            _own,
            notBefore ?? DateTimeOffset.UtcNow.AddDays(-2),
            notAfter ?? DateTimeOffset.UtcNow.AddDays(1),
            RandomNumberGenerator.GetBytes(16)
        );
        return issued.CopyWithPrivateKey(key);
    }

    /// <summary>Writes a certificate and its key as two PEM files.</summary>
    public static void Write(X509Certificate2 certificate, string certificateFile, string keyFile)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem() + "\n");
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem() + "\n");
    }

    public void Dispose() => _own.Dispose();
}
