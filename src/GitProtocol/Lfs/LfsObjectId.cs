using System.Security.Cryptography;
using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Lfs;

/// <summary>
/// The name of a Git LFS object: the SHA-256 of its content, written as 64 lower-case hexadecimal digits (git-lfs docs/spec.md, The
/// Pointer).
/// </summary>
public readonly record struct LfsObjectId
{
    /// <summary>Digits of one id.</summary>
    public const int HexLength = 2 * RawLength;

    /// <summary>Bytes of one id.</summary>
    public const int RawLength = SHA256.HashSizeInBytes;

    private readonly ObjectId _digest;

    private LfsObjectId(ObjectId digest) => _digest = digest;

    /// <summary>Parses exactly the digits of one id. Upper-case digits are no id, because the digits name files and URLs.</summary>
    public static bool TryParse(ReadOnlySpan<byte> hex, out LfsObjectId id)
    {
        id = default;
        if (hex.ContainsAnyInRange((byte)'A', (byte)'F') || !ObjectId.TryParse(hex, ObjectFormat.Sha256, out ObjectId digest))
        {
            return false;
        }

        id = new LfsObjectId(digest);
        return true;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out LfsObjectId)"/>
    public static bool TryParse(ReadOnlySpan<char> hex, out LfsObjectId id)
    {
        id = default;
        Span<byte> ascii = stackalloc byte[HexLength];
        return hex.Length == HexLength
            && System.Text.Ascii.FromUtf16(hex, ascii, out _) == System.Buffers.OperationStatus.Done
            && TryParse(ascii, out id);
    }

    /// <summary>An id from its 32 bytes.</summary>
    public static LfsObjectId FromRaw(ReadOnlySpan<byte> raw)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(raw.Length, RawLength, nameof(raw));
        return new LfsObjectId(ObjectId.FromRaw(raw));
    }

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> raw) => _digest.CopyTo(raw);

    /// <summary>The lower-case digits.</summary>
    public override string ToString() => _digest.ToString();
}
