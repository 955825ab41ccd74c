using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Waystation.Primaries.Http.Trust;

/// <summary>A PEM file of authorities. It is read for each handshake that needs it, so it may be replaced while the node runs.</summary>
internal sealed class CaFile(string path)
{
    private volatile Content? _last;

    /// <summary>The authorities in the file; if it cannot be read now, those that were last in it.</summary>
    public X509Certificate2Collection Certificates
    {
        get
        {
            try
            {
                return Read().Certificates;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException && _last is not null)
            {
                return _last.Certificates;
            }
        }
    }

    /// <summary>The reason why the file cannot be used; null if it can.</summary>
    public string? Trouble()
    {
        try
        {
            return Read().Certificates.Count == 0 ? "it has no certificate" : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return e.Message;
        }
    }

    private Content Read()
    {
        byte[] bytes = File.ReadAllBytes(path);
        string digest = Convert.ToHexString(SHA256.HashData(bytes));
        if (_last is { } last && last.Digest == digest)
        {
            return last;
        }

        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(Encoding.UTF8.GetString(bytes));
        return _last = new Content(digest, certificates);
    }

    private sealed record Content(string Digest, X509Certificate2Collection Certificates);
}
