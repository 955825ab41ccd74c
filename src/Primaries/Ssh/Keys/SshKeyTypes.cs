using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Waystation.Primaries.Ssh.Keys;

/// <summary>
/// The layout of a certificate (OpenSSH's PROTOCOL.certkeys): name, nonce, the fields of the plain key, and then the statements of the CA.
/// </summary>
internal static class SshKeyTypes
{
    public const string CertificateSuffix = "-cert-v01@openssh.com";

    /// <summary>The plain key's name, and how many fields it has after it.</summary>
    private static readonly Dictionary<string, (string Plain, int Fields)> s_certificates = new(StringComparer.Ordinal)
    {
        ["ssh-ed25519" + CertificateSuffix] = ("ssh-ed25519", 1),
        ["ssh-rsa" + CertificateSuffix] = ("ssh-rsa", 2),
        ["ecdsa-sha2-nistp256" + CertificateSuffix] = ("ecdsa-sha2-nistp256", 2),
        ["ecdsa-sha2-nistp384" + CertificateSuffix] = ("ecdsa-sha2-nistp384", 2),
        ["ecdsa-sha2-nistp521" + CertificateSuffix] = ("ecdsa-sha2-nistp521", 2),
        ["sk-ssh-ed25519" + CertificateSuffix] = ("sk-ssh-ed25519@openssh.com", 2),
        ["sk-ecdsa-sha2-nistp256" + CertificateSuffix] = ("sk-ecdsa-sha2-nistp256@openssh.com", 3),
    };

    /// <summary>The number of key fields after a certificate's nonce; false for a plain key.</summary>
    public static bool TryCountFields(string type, out int fields)
    {
        bool isKnown = s_certificates.TryGetValue(type, out (string Plain, int Fields) form);
        fields = form.Fields;
        return isKnown;
    }

    /// <summary>Writes the bytes of the plain key; false for a certificate with an unknown layout.</summary>
    /// <param name="type">The name of the key or certificate.</param>
    /// <param name="blob">All its bytes.</param>
    /// <param name="afterName">The bytes after its name.</param>
    /// <param name="plain">The plain key.</param>
    public static bool TryWritePlain(
        string type,
        ReadOnlySpan<byte> blob,
        ReadOnlySpan<byte> afterName,
        [NotNullWhen(true)] out byte[]? plain
    )
    {
        plain = null;
        if (!s_certificates.TryGetValue(type, out (string Plain, int Fields) form))
        {
            plain = type.EndsWith(CertificateSuffix, StringComparison.Ordinal) ? null : blob.ToArray();
            return plain is not null;
        }

        using var written = new MemoryStream();
        SshString.Write(written, Encoding.ASCII.GetBytes(form.Plain));
        if (!SshString.TryTake(ref afterName, out _))
        {
            return false;
        }

        for (int field = 0; field < form.Fields; field++)
        {
            if (!SshString.TryTake(ref afterName, out ReadOnlySpan<byte> value))
            {
                return false;
            }

            SshString.Write(written, value);
        }

        plain = written.ToArray();
        return true;
    }
}
