using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Packs;

/// <summary>
/// Computes the digest of a pack as it streams, and says how many bytes may be released: all but those that may be the trailer.
/// <code>
///   PACK v n | objects ....................... | digest of all before
///   └──────────── Releasable ────────────────┘   └─ held back until IsWhole
/// </code>
/// It does not read the objects: it accepts a wrong pack with a right trailer.
/// </summary>
public sealed class PackTrailerCheck : IDisposable
{
    private readonly IncrementalHash _hash;
    private readonly byte[] _header = new byte[PackHeader.Length];
    private readonly byte[] _tail;
    private int _tailLength;
    private bool _ended;

    /// <summary>Begins a pack of this format.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "The trailer of a SHA-1 repository's pack is SHA-1.")]
    public PackTrailerCheck(ObjectFormat format)
    {
        _hash = IncrementalHash.CreateHash(format == ObjectFormat.Sha1 ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256);
        _tail = new byte[format.DigestLength];
    }

    /// <summary>The bytes seen.</summary>
    public long Length { get; private set; }

    /// <summary>The number of first bytes that may leave before the pack is known to be whole.</summary>
    public long Releasable => Math.Max(0, Length - _tail.Length);

    /// <summary>The last bytes seen. They are the digest once <see cref="IsWhole"/> has agreed.</summary>
    public ObjectId Trailer => _tailLength == _tail.Length ? ObjectId.FromRaw(_tail) : default;

    /// <summary>Takes the next bytes, however they are cut.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_ended)
        {
            throw new InvalidOperationException("The pack has ended.");
        }

        if (Length < PackHeader.Length && !bytes.IsEmpty)
        {
            int missing = Math.Min(PackHeader.Length - (int)Length, bytes.Length);
            bytes[..missing].CopyTo(_header.AsSpan((int)Length));
        }
        Length += bytes.Length;
        if (bytes.Length >= _tail.Length)
        {
            _hash.AppendData(_tail.AsSpan(0, _tailLength));
            _hash.AppendData(bytes[..^_tail.Length]);
            bytes[^_tail.Length..].CopyTo(_tail);
            _tailLength = _tail.Length;
            return;
        }
        int leaving = Math.Max(0, _tailLength + bytes.Length - _tail.Length);
        _hash.AppendData(_tail.AsSpan(0, leaving));
        _tail.AsSpan(leaving, _tailLength - leaving).CopyTo(_tail);
        _tailLength -= leaving;
        bytes.CopyTo(_tail.AsSpan(_tailLength));
        _tailLength += bytes.Length;
    }

    /// <summary>Whether the bytes so far end as a whole pack does. More bytes may follow.</summary>
    public bool LooksWhole()
    {
        if (_ended || Length < PackHeader.Length + _tail.Length || !PackHeader.TryParse(_header, out _))
        {
            return false;
        }

        Span<byte> digest = stackalloc byte[_tail.Length];
        _hash.GetCurrentHash(digest);
        return digest.SequenceEqual(_tail);
    }

    /// <summary>Whether the bytes are one whole pack. Call it once, at the end.</summary>
    /// <exception cref="InvalidOperationException">It was called before.</exception>
    public bool IsWhole()
    {
        if (_ended)
        {
            throw new InvalidOperationException("The pack has been checked already.");
        }

        _ended = true;
        if (Length < PackHeader.Length + _tail.Length || !PackHeader.TryParse(_header, out _))
        {
            return false;
        }

        Span<byte> digest = stackalloc byte[_tail.Length];
        _hash.GetHashAndReset(digest);
        return digest.SequenceEqual(_tail);
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();
}
