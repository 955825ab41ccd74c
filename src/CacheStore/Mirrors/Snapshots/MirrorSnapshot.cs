using System.IO.Pipelines;
using Waystation.CacheStore.Mirrors.Upkeep;
using Waystation.CacheStore.Streams;

namespace Waystation.CacheStore.Mirrors.Snapshots;

/// <summary>
/// The files of a mirror at one moment, as one tar.
/// <code>
///   packed-refs                       the given refs; they come first, so that a reader knows the object format
///   pack-DIGEST.pack, .rev, .idx      as they lie in the mirror
///   commit-graph
///   multi-pack-index[-DIGEST.bitmap]  unless it names a pack that upkeep has replaced
/// </code>
/// No name has a folder, so a careful reader can refuse every name that has one. The files are open: upkeep may replace and delete them
/// meanwhile. It does not decide who may have the objects.
/// </summary>
public sealed class MirrorSnapshot : IDisposable
{
    /// <summary>Bytes between two flushes, as for packs of the cache.</summary>
    private const int PieceLength = 256 * 1024;

    private readonly byte[] _refs;
    private readonly IReadOnlyList<OpenedFile> _files;

    private MirrorSnapshot(byte[] refs, IReadOnlyList<OpenedFile> files)
    {
        (_refs, _files) = (refs, files);
        Length = TarHeader.LengthOf(refs.Length) + files.Sum(static file => TarHeader.LengthOf(file.Length)) + TarHeader.EndLength;
    }

    private delegate void ReadPart(Span<byte> destination, long offset);

    /// <summary>Bytes of the whole tar.</summary>
    public long Length { get; }

    /// <summary>Opens the files of a mirror. Null if one of them must be checked first, or if there is no pack.</summary>
    /// <param name="lease">A reading of the mirror; it may end once the files are open.</param>
    /// <param name="refs">The refs to send.</param>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public static MirrorSnapshot? TryOpen(MirrorLease lease, MirrorRefs refs)
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(refs);
        Mirror mirror = lease.Mirror;
        if (mirror.Stamps.TryOpen(names => Choose(mirror, names)) is not { } files)
        {
            return null;
        }

        var snapshot = new MirrorSnapshot(refs.ToPackedRefs(), files);
        if (files.Any(static file => file.Name.EndsWith(MirrorPacks.Suffix, StringComparison.Ordinal)))
        {
            return snapshot;
        }

        snapshot.Dispose();
        return null;
    }

    /// <summary>Writes the tar.</summary>
    /// <param name="output">Gets it; it is not completed.</param>
    /// <param name="sent">Hears how many bytes of the files were written since the last time.</param>
    /// <param name="cancellationToken">The client's token.</param>
    /// <exception cref="IOException">A file cannot be read, or has become shorter; or the connection broke.</exception>
    /// <exception cref="OperationCanceledException">The client has left.</exception>
    public async Task WriteAsync(PipeWriter output, Action<long> sent, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(sent);
        void ReadRefs(Span<byte> destination, long offset) => _refs.AsSpan((int)offset, destination.Length).CopyTo(destination);
        await WriteAsync(output, "packed-refs", _refs.Length, ReadRefs, sent, cancellationToken);
        foreach (OpenedFile file in _files)
        {
            void ReadFile(Span<byte> destination, long offset) => StoreFile.ReadExactly(file.Handle, destination, offset);
            await WriteAsync(output, Path.GetFileName(file.Name), file.Length, ReadFile, sent, cancellationToken);
        }

        WriteZeros(output, TarHeader.EndLength);
        await FlushAsync(output, cancellationToken);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (OpenedFile file in _files)
        {
            file.Dispose();
        }
    }

    /// <summary>All files but replaced packs, and what belongs to an index of packs that are not sent or to an older one.</summary>
    private static IEnumerable<string> Choose(Mirror mirror, IReadOnlyList<string> names)
    {
        HashSet<string> replaced = [.. mirror.Replaced.SelectMany(MirrorPacks.PartsOf)];
        bool isIndexed =
            MultiPackIndex.PacksOf(Path.Combine(mirror.Objects, MirrorPacks.IndexFile)) is { } indexed
            && !indexed.Any(pack => replaced.Contains($"pack/{pack}"));
        return names.Where(name =>
            !replaced.Contains(name)
            && (
                !name.StartsWith(MirrorPacks.IndexFile, StringComparison.Ordinal)
                || (isIndexed && (name == MirrorPacks.IndexFile || MirrorPacks.IsCurrent(mirror, name)))
            )
        );
    }

    private static async Task WriteAsync(
        PipeWriter output,
        string name,
        long length,
        ReadPart read,
        Action<long> sent,
        CancellationToken cancellationToken
    )
    {
        TarHeader.Write(output.GetSpan(TarHeader.BlockLength), name, length);
        output.Advance(TarHeader.BlockLength);
        for (long at = 0, end; at < length; at = end)
        {
            end = Math.Min(length, at + PieceLength);
            WritePiece(output, read, at, end);
            await FlushAsync(output, cancellationToken);
            sent(end - at);
        }

        WriteZeros(output, TarHeader.PaddingOf(length));
    }

    /// <summary>Reads into the output's own memory, so no byte is copied in between.</summary>
    private static void WritePiece(PipeWriter output, ReadPart read, long from, long to)
    {
        for (long at = from; at < to; )
        {
            Span<byte> memory = output.GetSpan();
            memory = memory[..(int)Math.Min(memory.Length, to - at)];
            read(memory, at);
            output.Advance(memory.Length);
            at += memory.Length;
        }
    }

    private static void WriteZeros(PipeWriter output, int count)
    {
        if (count > 0)
        {
            output.GetSpan(count)[..count].Clear();
            output.Advance(count);
        }
    }

    private static async ValueTask FlushAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        FlushResult flushed = await output.FlushAsync(cancellationToken);
        if (flushed.IsCompleted || flushed.IsCanceled)
        {
            throw new OperationCanceledException("the client has left", cancellationToken);
        }
    }
}
