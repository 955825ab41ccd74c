using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access.Recording;

/// <summary>SHA-256 of the parts of a listing. It collects the parts in large pieces, because one call of the hash for each part of
/// 200,000 refs costs more than the hashing.</summary>
internal sealed class ListingDigest : IDisposable
{
    private const int PieceLength = 64 * 1024;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _piece = ArrayPool<byte>.Shared.Rent(PieceLength);
    private int _length;

    /// <summary>Text, with an end mark that no text contains.</summary>
    public void Append(string text)
    {
        Append(MemoryMarshal.AsBytes(text.AsSpan()));
        Append([0, 0]);
    }

    /// <summary>An id, padded to the longest length.</summary>
    public void Append(ObjectId id)
    {
        Span<byte> raw = Room(SHA256.HashSizeInBytes);
        raw.Clear();
        id.CopyTo(raw);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > PieceLength)
        {
            Flush();
            _hash.AppendData(bytes);
            return;
        }

        bytes.CopyTo(Room(bytes.Length));
    }

    public ObjectId Finish()
    {
        Flush();
        return ObjectId.FromRaw(_hash.GetHashAndReset());
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_piece);
        _hash.Dispose();
    }

    private Span<byte> Room(int length)
    {
        if (_length + length > PieceLength)
        {
            Flush();
        }

        _length += length;
        return _piece.AsSpan(_length - length, length);
    }

    private void Flush()
    {
        _hash.AppendData(_piece.AsSpan(0, _length));
        _length = 0;
    }
}
