using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Waystation.Primaries.Ssh.Keys;

/// <summary>The content of a user's certificate (OpenSSH's PROTOCOL.certkeys). Reading it proves nothing: sshd checks signature and
/// dates.</summary>
/// <param name="Authority">The key of the CA that signed it.</param>
/// <param name="KeyId">The name that the CA gave it.</param>
public sealed record SshCertificate(SshPublicKey Authority, string KeyId)
{
    private const uint UserCertificate = 1;

    /// <summary>Reads a certificate; false for a plain key and for a host certificate.</summary>
    public static bool TryRead(SshPublicKey key, [NotNullWhen(true)] out SshCertificate? certificate)
    {
        certificate = null;
        ReadOnlySpan<byte> rest = key.Blob.Span;
        // name, nonce, the key's fields │ serial, type │ key id, principals │ after, before │ options, extensions, reserved, authority
        if (
            !SshKeyTypes.TryCountFields(key.Type, out int fields)
            || !TrySkip(ref rest, 2 + fields)
            || rest.Length < 12
            || BinaryPrimitives.ReadUInt32BigEndian(rest[8..]) != UserCertificate
        )
        {
            return false;
        }

        rest = rest[12..];
        if (!SshString.TryTake(ref rest, out ReadOnlySpan<byte> keyId) || !TrySkip(ref rest, 1) || rest.Length < 16)
        {
            return false;
        }

        rest = rest[16..];
        if (
            !TrySkip(ref rest, 3)
            || !SshString.TryTake(ref rest, out ReadOnlySpan<byte> blob)
            || !SshPublicKey.TryRead(blob, out SshPublicKey? authority)
        )
        {
            return false;
        }

        certificate = new SshCertificate(authority, Encoding.UTF8.GetString(keyId));
        return true;
    }

    private static bool TrySkip(ref ReadOnlySpan<byte> bytes, int strings)
    {
        for (int i = 0; i < strings; i++)
        {
            if (!SshString.TryTake(ref bytes, out _))
            {
                return false;
            }
        }

        return true;
    }
}
