using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Waystation.Primaries.Certificates;

/// <summary>The content of the files of a certificate, at one moment.</summary>
/// <param name="certificate">The bytes of the PEM or PFX file.</param>
/// <param name="key">The bytes of the key's PEM file; null if the key is in the first file.</param>
/// <param name="password">The password; null if there is none.</param>
public sealed class CertificateText(byte[] certificate, byte[]? key, string? password)
{
    private const string PemMark = "-----BEGIN ";

    /// <summary>An encrypted key in PKCS #8 (RFC 7468, section 11); .NET reads no other one.</summary>
    private const string EncryptedMark = "-----BEGIN ENCRYPTED PRIVATE KEY-----";

    /// <summary>
    /// Tells contents apart. Times of files do not: a secret of Kubernetes is a link to a link, whose own time never changes.
    /// </summary>
    public string Digest { get; } =
        Convert.ToHexString(
            SHA256.HashData([
                .. SHA256.HashData(certificate),
                .. SHA256.HashData(key ?? []),
                .. SHA256.HashData(Encoding.UTF8.GetBytes(password ?? "")),
            ])
        );

    /// <exception cref="CertificateException">The content is no certificate with its key.</exception>
    public LoadedCertificate Load()
    {
        try
        {
            string text = Encoding.UTF8.GetString(certificate);
            return text.Contains(PemMark, StringComparison.Ordinal) ? LoadPem(text) : LoadPfx();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new CertificateException(e.Message, e);
        }
    }

    /// <summary>The first certificate is the holder's; the others are sent with it.</summary>
    private LoadedCertificate LoadPem(string text)
    {
        string keyText = key is null ? text : Encoding.UTF8.GetString(key);
        bool isEncrypted = keyText.Contains(EncryptedMark, StringComparison.Ordinal);
        if (isEncrypted && password is null)
        {
            throw new CertificateException("the key is encrypted, and no PasswordFile is given");
        }

        X509Certificate2 own = isEncrypted
            ? X509Certificate2.CreateFromEncryptedPem(text, keyText, password)
            : X509Certificate2.CreateFromPem(text, keyText);
        var all = new X509Certificate2Collection();
        all.ImportFromPem(text);
        return new LoadedCertificate(own, [.. all.Skip(1)]);
    }

    private LoadedCertificate LoadPfx()
    {
        if (key is not null)
        {
            throw new CertificateException("the file is no PEM file, and a PFX file has its key in it: give no Key");
        }

        X509Certificate2Collection all = X509CertificateLoader.LoadPkcs12Collection(certificate, password);
        X509Certificate2 own =
            all.FirstOrDefault(static one => one.HasPrivateKey) ?? throw new CertificateException("the PFX file has no key");
        return new LoadedCertificate(own, [.. all.Where(one => !ReferenceEquals(one, own))]);
    }
}
