using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Waystation.CacheStore.Packs.Storing;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Packs;

namespace Waystation.CacheStore.Mirrors;

/// <summary>Packs that came into a mirror one after another, as one pack that answers a fetch.</summary>
public sealed class ReceivedAnswer
{
    private readonly IReadOnlyList<ReceivedPack> _packs;

    /// <param name="packs">The packs, the oldest first; one or more.</param>
    internal ReceivedAnswer(IReadOnlyList<ReceivedPack> packs) => _packs = packs;

    /// <summary>The bytes of the pack; null if a file has gone, or is damaged. The caller reads the mirror.</summary>
    public async Task<byte[]?> TryReadAsync(ObjectFormat format, CancellationToken cancellationToken)
    {
        byte[] pack = new byte[PackHeader.Length + _packs.Sum(static part => part.ContentLength) + format.DigestLength];
        PackComposition.HeaderOf((uint)_packs.Sum(static part => part.ObjectCount)).CopyTo(pack, 0);
        int at = PackHeader.Length;
        foreach (ReceivedPack part in _packs)
        {
            if (!await part.TryReadAsync(pack.AsMemory(at, part.ContentLength), cancellationToken))
            {
                return null;
            }

            at += part.ContentLength;
        }

        WriteDigest(pack.AsSpan(..at), format, pack.AsSpan(at));
        return pack;
    }

    [SuppressMessage("Security", "CA5350", Justification = "The trailer of a SHA-1 repository's pack is SHA-1.")]
    private static void WriteDigest(ReadOnlySpan<byte> content, ObjectFormat format, Span<byte> trailer)
    {
        if (format == ObjectFormat.Sha1)
        {
            SHA1.HashData(content, trailer);
        }
        else
        {
            SHA256.HashData(content, trailer);
        }
    }
}
