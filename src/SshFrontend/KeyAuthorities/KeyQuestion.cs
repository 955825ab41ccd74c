using Waystation.Primaries.Ssh.Keys;

namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>Which key is asked about; two equal questions have equal answers.</summary>
/// <param name="Fingerprint"><c>SHA256:…</c>: the key's, or, for a certificate, that of the authority's key that signed it.</param>
/// <param name="Key"><c>TYPE BASE64</c> without a comment: the key, or for a certificate the key that signed it.</param>
/// <param name="KeyId">For a certificate its key id, which is the identity; null for a plain key.</param>
public sealed record KeyQuestion(string Fingerprint, string Key, string? KeyId = null)
{
    /// <summary>Asks about a plain key.</summary>
    public static KeyQuestion Of(SshPublicKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new KeyQuestion(key.Fingerprint, key.ToString());
    }

    /// <summary>Asks about a certificate, by the key of its authority and its key id.</summary>
    public static KeyQuestion OfCertificate(SshPublicKey authority, string keyId)
    {
        ArgumentNullException.ThrowIfNull(authority);
        ArgumentNullException.ThrowIfNull(keyId);
        return new KeyQuestion(authority.Fingerprint, authority.ToString(), keyId);
    }
}
