using Waystation.Primaries.Ssh.Keys;

namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>A question about one key; equal questions have equal answers.</summary>
/// <param name="Fingerprint"><c>SHA256:…</c> of the key or, for a certificate, of the CA's key that signed it.</param>
/// <param name="Key"><c>TYPE BASE64</c> without a comment: the key or, for a certificate, the CA's key that signed it.</param>
/// <param name="KeyId">The key id of a certificate, which says who the user is; null for a plain key.</param>
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
