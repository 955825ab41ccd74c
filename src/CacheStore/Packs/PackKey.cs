using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.CacheStore.Packs;

/// <summary>
/// The key of one pack: a digest of the repository and of all of the <see cref="FetchRequest"/>. Order and repetition of ids do not
/// count. The form of the response (<see cref="ResponseFraming"/>) is not part of it, so clients of all protocol versions share one pack.
/// </summary>
public readonly record struct PackKey
{
    /// <summary>Raised whenever the meaning of a key changes, so that old entries are never found under new keys.</summary>
    private const string Generation = "waystation pack 2";

    private readonly ObjectId _digest;

    private PackKey(ObjectId digest) => _digest = digest;

    /// <summary>The key of <paramref name="request"/> in <paramref name="repository"/>.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="request">The request. A test demands that each of its properties changes the key.</param>
    /// <param name="tagsDigest">The digest of the annotated tags that the client sees; needed if the request has include-tag.</param>
    /// <exception cref="ArgumentException">The digest is missing.</exception>
    public static PackKey Of(RepositoryName repository, FetchRequest request, ReadOnlySpan<byte> tagsDigest = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.IncludeTag && tagsDigest.IsEmpty)
        {
            throw new ArgumentException(
                "a response with include-tag depends on the tags that the client sees, so tagsDigest must be given",
                nameof(tagsDigest)
            );
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AppendText(hash, Generation);
        AppendText(hash, repository.Host);
        AppendText(hash, repository.Path);
        AppendNumber(hash, (long)request.ObjectFormat);
        AppendIds(hash, request.Wants);
        AppendIds(hash, request.Haves);
        AppendIds(hash, request.Shallows);
        AppendNumber(hash, request.Depth ?? 0);
        AppendNumber(hash, request.DeepenSince ?? long.MinValue);
        AppendText(hash, request.Filter?.Text ?? "");
        AppendNumber(hash, Flags(request));
        AppendText(hash, request.IncludeTag ? Convert.ToHexStringLower(tagsDigest) : "");

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return new PackKey(ObjectId.FromRaw(digest));
    }

    /// <summary>Parses a key from the name of a file; false if it is none.</summary>
    public static bool TryParse(ReadOnlySpan<char> hex, out PackKey key)
    {
        key = default;
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        if (hex.Length != 2 * digest.Length || Convert.FromHexString(hex, digest, out _, out _) != OperationStatus.Done)
        {
            return false;
        }

        key = new PackKey(ObjectId.FromRaw(digest));
        return true;
    }

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => _digest.ToString();

    private static long Flags(FetchRequest request) =>
        (request.DeepenRelative ? 1 : 0)
        | (request.ThinPack ? 2 : 0)
        | (request.OfsDelta ? 4 : 0)
        | (request.IncludeTag ? 8 : 0)
        | request.Pack switch
        {
            PackWhen.WhenReady => 0,
            PackWhen.AtOnce => 16,
            PackWhen.Never => 64,
            _ => throw new ArgumentOutOfRangeException(nameof(request), request.Pack, "this value of PackWhen is unknown"),
        };

    private static void AppendText(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        AppendNumber(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void AppendNumber(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        hash.AppendData(bytes);
    }

    private static void AppendIds(IncrementalHash hash, IReadOnlyList<ObjectId> ids)
    {
        ObjectId[] sorted = [.. ids];
        Array.Sort(sorted);
        int distinct = 0;
        for (int at = 0; at < sorted.Length; at++)
        {
            if (at == 0 || sorted[at] != sorted[at - 1])
            {
                sorted[distinct++] = sorted[at];
            }
        }

        AppendNumber(hash, distinct);

        // A call of the hash for each id would take longer than the hash.
        Span<byte> block = stackalloc byte[128 * SHA256.HashSizeInBytes];
        int filled = 0;
        foreach (ObjectId id in sorted.AsSpan(0, distinct))
        {
            if (block.Length - filled < SHA256.HashSizeInBytes)
            {
                hash.AppendData(block[..filled]);
                filled = 0;
            }

            id.CopyTo(block[filled..]);
            filled += id.Format.DigestLength;
        }

        hash.AppendData(block[..filled]);
    }
}
