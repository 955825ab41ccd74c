using Microsoft.Win32.SafeHandles;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Packs;

namespace Waystation.CacheStore.Packs.Storing;

/// <summary>The bytes of a kept pack as one row, from one file or from several. It compares nothing.</summary>
internal sealed class PackContent : IDisposable
{
    public const string PackSuffix = ".pack";
    public const string IncrementSuffix = ".increment";

    private readonly List<Piece> _pieces = [];
    private long _length;

    private PackContent() { }

    /// <summary>The suffix of the file beside this record.</summary>
    public static string SuffixOf(PackRecord record) => record.Composition is null ? PackSuffix : IncrementSuffix;

    /// <summary>Bytes of the file beside this record.</summary>
    public static long FileLengthOf(PackRecord record) =>
        record.Composition is { } composition ? PackHeader.Length + composition.Parts[^1].Length : record.PackLength;

    /// <summary>Opens every file of a pack.</summary>
    /// <param name="path">The path of the pack's files, without a suffix.</param>
    /// <param name="record">The pack's record.</param>
    /// <exception cref="IOException">A file cannot be opened.</exception>
    public static PackContent Open(string path, PackRecord record)
    {
        var content = new PackContent();
        try
        {
            if (record.Composition is not { } composition)
            {
                content.Add(new Piece { File = StoreFile.Open(path + PackSuffix), Length = record.PackLength });
                return content;
            }

            content.Add(new Piece { Bytes = composition.ToHeader(), Length = PackHeader.Length });
            string folder = Path.GetDirectoryName(path)!;
            for (int i = 0; i < composition.Parts.Count; i++)
            {
                PackPart part = composition.Parts[i];
                string file = Path.Combine(folder, part.Owner + (i == 0 ? PackSuffix : IncrementSuffix));
                content.Add(
                    new Piece
                    {
                        File = StoreFile.Open(file),
                        Offset = PackHeader.Length,
                        Length = part.Length,
                    }
                );
            }

            content.Add(new Piece { Bytes = composition.Trailer, Length = composition.Trailer.Length });
            return content;
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    /// <summary>Fills all of <paramref name="destination"/> from <paramref name="position"/> on.</summary>
    /// <exception cref="IOException">A file is too short, or cannot be read.</exception>
    public void Read(Span<byte> destination, long position)
    {
        foreach (Piece piece in _pieces)
        {
            long within = position - piece.Start;
            if (within >= piece.Length)
            {
                continue;
            }

            int taken = (int)Math.Min(destination.Length, piece.Length - within);
            if (piece.File is { } file)
            {
                StoreFile.ReadExactly(file, destination[..taken], piece.Offset + within);
            }
            else
            {
                piece.Bytes.AsSpan((int)within, taken).CopyTo(destination);
            }

            destination = destination[taken..];
            position += taken;
            if (destination.IsEmpty)
            {
                return;
            }
        }

        throw new EndOfStreamException("the pack is shorter than expected");
    }

    public void Dispose()
    {
        foreach (Piece piece in _pieces)
        {
            piece.File?.Dispose();
        }
    }

    private void Add(Piece piece)
    {
        piece.Start = _length;
        _pieces.Add(piece);
        _length += piece.Length;
    }

    private sealed class Piece
    {
        /// <summary>Where it begins in the pack.</summary>
        public long Start { get; set; }

        public long Length { get; init; }

        /// <summary>Its file; null if it is in memory.</summary>
        public SafeFileHandle? File { get; init; }

        /// <summary>Where it begins in its file.</summary>
        public long Offset { get; init; }

        public byte[] Bytes { get; init; } = [];
    }
}
