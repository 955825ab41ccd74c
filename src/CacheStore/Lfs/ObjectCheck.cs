using System.Security.Cryptography;
using Waystation.GitProtocol.Lfs;

namespace Waystation.CacheStore.Lfs;

/// <summary>Compares the bytes of an object with its name and length, as they come.</summary>
internal sealed class ObjectCheck(LfsObject expected) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _length;

    /// <summary>Takes the next bytes; false if there are more than the object has.</summary>
    public bool TryAppend(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > expected.Size - _length)
        {
            return false;
        }

        _hash.AppendData(bytes);
        _length += bytes.Length;
        return true;
    }

    /// <summary>All bytes have come: the difference from the object in words; null if they are the object.</summary>
    public string? Difference()
    {
        if (_length != expected.Size)
        {
            return $"{_length} bytes came and {expected.Size} were expected";
        }

        Span<byte> digest = stackalloc byte[LfsObjectId.RawLength];
        _hash.GetHashAndReset(digest);
        return LfsObjectId.FromRaw(digest) == expected.Id ? null : "the content has another SHA-256";
    }

    public void Dispose() => _hash.Dispose();
}
