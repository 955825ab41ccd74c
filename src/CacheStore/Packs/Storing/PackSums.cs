using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Packs.Storing;

/// <summary>Computes the trailer of a pack and the checksum of each block from its bytes, in one pass.</summary>
internal sealed class PackSums : IDisposable
{
    private readonly IncrementalHash _hash;
    private readonly List<uint> _sums = [];
    private BlockCheck _check = new();

    [SuppressMessage("Security", "CA5350", Justification = "The trailer of a SHA-1 repository's pack is SHA-1.")]
    public PackSums(ObjectFormat format) =>
        _hash = IncrementalHash.CreateHash(format == ObjectFormat.Sha1 ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256);

    /// <summary>Bytes so far.</summary>
    public long Length => _check.Position;

    /// <summary>Takes the next bytes, however they are cut.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(bytes);
        AppendToSums(bytes);
    }

    /// <summary>The pack ends here: its trailer, and the checksum of each block, the trailer among them.</summary>
    public (byte[] Trailer, uint[] Sums) End()
    {
        byte[] trailer = _hash.GetHashAndReset();
        AppendToSums(trailer);
        if (_check.TryEndBlock(atEnd: true, out _, out uint sum))
        {
            _sums.Add(sum);
        }

        return (trailer, [.. _sums]);
    }

    public void Dispose() => _hash.Dispose();

    private void AppendToSums(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int taken = Math.Min(bytes.Length, _check.LeftInBlock);
            _check.Append(bytes[..taken]);
            if (_check.TryEndBlock(atEnd: false, out _, out uint sum))
            {
                _sums.Add(sum);
            }

            bytes = bytes[taken..];
        }
    }
}
