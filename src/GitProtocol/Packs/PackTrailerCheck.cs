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
    private readonly IncrementalHash hash;
    private readonly byte[] header = new byte[PackHeader.Length];
    private readonly byte[] tail;
    private int tailLength;
    private bool ended;

    /// <summary>Begins a pack of this format.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "The trailer of a SHA-1 repository's pack is SHA-1.")]
    public PackTrailerCheck(ObjectFormat format)
    {
        hash = IncrementalHash.CreateHash(format == ObjectFormat.Sha1 ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256);
        tail = new byte[format.DigestLength];
    }

    /// <summary>The bytes seen.</summary>
    public long Length { get; private set; }

    /// <summary>The bytes, from the first on, that may leave before the pack is known whole.</summary>
    public long Releasable => Math.Max(0, Length - tail.Length);

    /// <summary>The last bytes seen, as the digest that they are once <see cref="IsWhole"/> has agreed.</summary>
    public ObjectId Trailer => tailLength == tail.Length ? ObjectId.FromRaw(tail) : default;

    /// <summary>Takes the next bytes, however they are cut.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (ended) throw new InvalidOperationException("The pack has ended.");
        if (Length < PackHeader.Length && !bytes.IsEmpty)
        {
            int missing = Math.Min(PackHeader.Length - (int)Length, bytes.Length);
            bytes[..missing].CopyTo(header.AsSpan((int)Length));
        }
        Length += bytes.Length;
        if (bytes.Length >= tail.Length)
        {
            hash.AppendData(tail.AsSpan(0, tailLength));
            hash.AppendData(bytes[..^tail.Length]);
            bytes[^tail.Length..].CopyTo(tail);
            tailLength = tail.Length;
            return;
        }
        int leaving = Math.Max(0, tailLength + bytes.Length - tail.Length);
        hash.AppendData(tail.AsSpan(0, leaving));
        tail.AsSpan(leaving, tailLength - leaving).CopyTo(tail);
        tailLength -= leaving;
        bytes.CopyTo(tail.AsSpan(tailLength));
        tailLength += bytes.Length;
    }

    /// <summary>Whether what was seen so far ends as a whole pack does. More may follow all the same.</summary>
    public bool LooksWhole()
    {
        if (ended || Length < PackHeader.Length + tail.Length || !PackHeader.TryParse(header, out _)) return false;
        Span<byte> digest = stackalloc byte[tail.Length];
        hash.GetCurrentHash(digest);
        return digest.SequenceEqual(tail);
    }

    /// <summary>Whether what was seen is one whole pack. Once, at the end.</summary>
    public bool IsWhole()
    {
        if (ended) throw new InvalidOperationException("The pack has been judged already.");
        ended = true;
        if (Length < PackHeader.Length + tail.Length || !PackHeader.TryParse(header, out _)) return false;
        Span<byte> digest = stackalloc byte[tail.Length];
        hash.GetHashAndReset(digest);
        return digest.SequenceEqual(tail);
    }

    /// <inheritdoc/>
    public void Dispose() => hash.Dispose();
}
