using System.Runtime.CompilerServices;
using Waystation.CacheStore.Disk;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Packs;

namespace Waystation.CacheStore.Mirrors;

/// <summary>
/// A small pack that came into a mirror, and the proof of what it is:
/// <code>
///   objects    all that the roots lead to, but for what the edge leads to; they were new to the mirror
///   edge       the commits that they have as parents, and that were not new
///   the rest   everything else that they name, or are deltas of, is in the newest trees of the edge
/// </code>
/// So the pack is the whole answer to a fetch that wants the roots and has the edge, as the primary made it: no git has to make it again.
/// The proof holds for ever, because objects do not change.
/// </summary>
/// <param name="file">The file in the mirror: the pack with another header, and with what completes a thin pack behind it.</param>
/// <param name="ends">The header and the trailer as they came.</param>
/// <param name="length">The bytes that came, with these.</param>
/// <param name="objects">The objects.</param>
/// <param name="roots">Those of them that lead to all of them.</param>
/// <param name="edge">The edge; one commit or more.</param>
/// <param name="isThin">Whether it lacks objects of which its own are deltas.</param>
internal sealed class ReceivedPack(
    string file,
    PackEnds ends,
    int length,
    IReadOnlySet<ObjectId> objects,
    IReadOnlySet<ObjectId> roots,
    IReadOnlySet<ObjectId> edge,
    bool isThin
)
{
    /// <summary>A longer one costs git little beside its bytes.</summary>
    public const int MaxLength = 4 << 20;

    public IReadOnlySet<ObjectId> Objects => objects;

    public IReadOnlySet<ObjectId> Roots => roots;

    public IReadOnlySet<ObjectId> Edge => edge;

    public bool IsThin => isThin;

    public ObjectFormat Format => ends.Format;

    /// <summary>Reads its objects and compares them with its trailer; false if the file has gone, or is damaged.</summary>
    public async Task<bool> IsSoundAsync(Memory<byte> block, CancellationToken cancellationToken)
    {
        using var check = new PackTrailerCheck(Format);
        check.Append(ends.Header.Span);
        try
        {
            await foreach (ReadOnlyMemory<byte> piece in ReadAsync(block, cancellationToken))
            {
                check.Append(piece.Span);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        check.Append(ends.Trailer.Span);
        return check.IsWhole();
    }

    /// <summary>Reads its objects, in pieces of a block.</summary>
    /// <exception cref="IOException">The file has gone, or is shorter.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        Memory<byte> block,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await using FileStream stream = File.OpenRead(RegularFile.At(file));
        stream.Position = PackHeader.Length;
        for (int left = length - PackHeader.Length - Format.DigestLength; left > 0; )
        {
            Memory<byte> piece = block[..Math.Min(left, block.Length)];
            await stream.ReadExactlyAsync(piece, cancellationToken);
            yield return piece;
            left -= piece.Length;
        }
    }
}
