using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Packs;

namespace Waystation.CacheStore.Mirrors;

/// <summary>Remembers the first and the last bytes of a pack that passes: its header and its trailer (gitformat-pack).</summary>
/// <param name="format">The repository's hash function, by which the trailer is made.</param>
internal sealed class PackEnds(ObjectFormat format)
{
    private readonly byte[] _header = new byte[PackHeader.Length];
    private readonly byte[] _trailer = new byte[format.DigestLength];
    private int _headerCount;

    public ObjectFormat Format => format;

    public ReadOnlyMemory<byte> Header => _header;

    /// <summary>The number of objects that the header says; zero if it is none.</summary>
    public uint ObjectCount => PackHeader.TryParse(_header, out PackHeader header) ? header.ObjectCount : 0;

    public ReadOnlyMemory<byte> Trailer => _trailer;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        int first = Math.Min(PackHeader.Length - _headerCount, bytes.Length);
        bytes[..first].CopyTo(_header.AsSpan(_headerCount));
        _headerCount += first;
        int last = Math.Min(_trailer.Length, bytes.Length);
        _trailer.AsSpan(last).CopyTo(_trailer);
        bytes[^last..].CopyTo(_trailer.AsSpan(_trailer.Length - last));
    }
}
