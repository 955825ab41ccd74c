using System.Buffers;
using System.Security.Cryptography;
using Waystation.CacheStore.Disk;
using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// Packs, their indexes, multi-pack-indexes, bitmaps and commit-graphs end with a digest of all bytes before it, made with the
/// repository's hash function (gitformat-pack, gitformat-bitmap, gitformat-commit-graph).
/// </summary>
internal static class TrailingDigest
{
    private const int BufferLength = 256 * 1024;

    /// <summary>Reads the file whole; false if it differs from its digest or cannot be read.</summary>
    public static async Task<bool> HoldsAsync(string path, ObjectFormat format, CancellationToken cancellationToken) =>
        await ReadAsync(path, format, cancellationToken) is not null;

    /// <summary>
    /// Reads the file whole and returns its digest in hexadecimal; null if the digest differs or the file cannot be read.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="format">The repository's hash function.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <param name="pace">Rests meanwhile; null where somebody waits for the result.</param>
    public static async Task<string?> ReadAsync(
        string path,
        ObjectFormat format,
        CancellationToken cancellationToken,
        ScrubPace? pace = null
    )
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        try
        {
            await using var file = new FileStream(
                RegularFile.At(path),
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete,
                bufferSize: 0,
                FileOptions.SequentialScan | FileOptions.Asynchronous
            );
            using IncrementalHash hash = IncrementalHash.CreateHash(
                format == ObjectFormat.Sha1 ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256
            );
            long left = file.Length - format.DigestLength;
            while (left > 0)
            {
                int read = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(BufferLength, left)), cancellationToken);
                if (read == 0)
                {
                    return null;
                }

                hash.AppendData(buffer, 0, read);
                left -= read;
                if (pace is not null)
                {
                    await pace.RestAsync(cancellationToken);
                }
            }

            byte[] trailer = new byte[format.DigestLength];
            await file.ReadExactlyAsync(trailer, cancellationToken);
            return hash.GetHashAndReset().AsSpan().SequenceEqual(trailer) ? Convert.ToHexStringLower(trailer) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
