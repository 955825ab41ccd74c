using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Packs;

/// <summary>
/// Digests a pack as it streams by and says how much of it may leave: all but what could still be the trailer.
/// <code>
///   PACK v n | objects ....................... | digest of all before
///   └──────────── Releasable ────────────────┘   └─ held back until IsWhole
/// </code>
/// It does not look at the objects: a pack made wrong with a trailer that agrees passes.
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

    /// <summary>The bytes, from the first on, that may leave before the pack is known whole.</summary>
    public long Releasable => Math.Max(0, Length - _tail.Length);

    /// <summary>The last bytes seen, as the digest that they are once <see cref="IsWhole"/> has agreed.</summary>
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

    /// <summary>Whether what was seen so far ends as a whole pack does. More may follow all the same.</summary>
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

    /// <summary>Whether what was seen is one whole pack. Once, at the end.</summary>
    public bool IsWhole()
    {
        if (_ended)
        {
            throw new InvalidOperationException("The pack has been judged already.");
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
