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
    /// <summary>It is read whole into memory before it is sent. A longer one costs git little beside its bytes.</summary>
    public const int MaxLength = 4 << 20;

    public IReadOnlySet<ObjectId> Objects => objects;

    public IReadOnlySet<ObjectId> Roots => roots;

    public IReadOnlySet<ObjectId> Edge => edge;

    public bool IsThin => isThin;

    /// <summary>The bytes of its objects.</summary>
    public int ContentLength => length - PackHeader.Length - ends.Format.DigestLength;

    public uint ObjectCount => PackHeader.TryParse(ends.Header.Span, out PackHeader header) ? header.ObjectCount : 0;

    /// <summary>Reads its objects; false if the file has gone, or they are damaged. The caller reads the mirror.</summary>
    /// <param name="content">Gets them; <see cref="ContentLength"/> bytes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<bool> TryReadAsync(Memory<byte> content, CancellationToken cancellationToken)
    {
        try
        {
            using FileStream stream = File.OpenRead(RegularFile.At(file));
            stream.Position = PackHeader.Length;
            await stream.ReadExactlyAsync(content, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        using var check = new PackTrailerCheck(ends.Format);
        check.Append(ends.Header.Span);
        check.Append(content.Span);
        check.Append(ends.Trailer.Span);
        return check.IsWhole();
    }
}
