using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Waystation.Primaries.Ssh.Keys;

/// <summary>
/// A public key or certificate as SSH itself writes it (RFC 4253, 6.6): two are equal when their bytes are, so a
/// certificate never equals the plain key within it, though their fingerprints agree.
/// </summary>
public sealed class SshPublicKey : IEquatable<SshPublicKey>
{
    /// <summary>Far longer than any key or certificate of OpenSSH. It bounds the memory that a peer can make the node use.</summary>
    private const int MaxLength = 64 << 10;

    private readonly byte[] _blob;

    private SshPublicKey(string type, byte[] blob, string fingerprint)
    {
        Type = type;
        _blob = blob;
        Fingerprint = fingerprint;
    }

    /// <summary>The algorithm's name: <c>ssh-ed25519</c>, <c>ssh-rsa</c>, <c>ssh-ed25519-cert-v01@openssh.com</c>.</summary>
    public string Type { get; }

    /// <summary>The decoded base64 of a public key file.</summary>
    public ReadOnlyMemory<byte> Blob => _blob;

    /// <summary><c>SHA256:</c> and 43 characters, as <c>ssh-keygen -l</c> and sshd's <c>%f</c> print it: of a certificate, that of its
    /// key.</summary>
    public string Fingerprint { get; }

    /// <summary>Whether this is a certificate.</summary>
    public bool IsCertificate => Type.EndsWith(SshKeyTypes.CertificateSuffix, StringComparison.Ordinal);

    /// <summary>Reads <c>TYPE BASE64 [COMMENT]</c>, a line of a public key file without options before it.</summary>
    public static bool TryParse(string? line, [NotNullWhen(true)] out SshPublicKey? key)
    {
        key = null;
        if (
            line?.Split([' ', '\t'], 3, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                is not [var type, var base64, ..]
            || base64.Length > MaxLength * 2
        )
        {
            return false;
        }

        byte[] blob = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, blob, out int length)
            && TryRead(blob.AsSpan(0, length), out key)
            && string.Equals(key.Type, type, StringComparison.Ordinal);
    }

    /// <summary>Reads the bytes of a key.</summary>
    public static bool TryRead(ReadOnlySpan<byte> blob, [NotNullWhen(true)] out SshPublicKey? key)
    {
        key = null;
        ReadOnlySpan<byte> rest = blob;
        if (
            blob.Length > MaxLength
            || !SshString.TryTake(ref rest, out ReadOnlySpan<byte> name)
            || name.IsEmpty
            || rest.IsEmpty
            || name.ContainsAnyExceptInRange((byte)'!', (byte)'~')
        )
        {
            return false;
        }

        string type = Encoding.ASCII.GetString(name);
        if (!SshKeyTypes.TryWritePlain(type, blob, rest, out byte[]? plain))
        {
            return false;
        }

        string fingerprint = "SHA256:" + Convert.ToBase64String(SHA256.HashData(plain)).TrimEnd('=');
        key = new SshPublicKey(type, blob.ToArray(), fingerprint);
        return true;
    }

    /// <inheritdoc />
    public bool Equals(SshPublicKey? other) => other is not null && _blob.AsSpan().SequenceEqual(other._blob);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as SshPublicKey);

    /// <inheritdoc />
    public override int GetHashCode() => BinaryPrimitives.ReadInt32LittleEndian(SHA256.HashData(_blob));

    /// <summary>The line of a public key file, without a comment.</summary>
    public override string ToString() => $"{Type} {Convert.ToBase64String(_blob)}";
}
