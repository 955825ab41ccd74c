using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Advertisements;

/// <summary>Goes through a <see cref="RefTipList"/>. Spans count until the next move.</summary>
public sealed class RefTipReader
{
    internal const byte HasPeeled = 1;
    internal const byte HasTarget = 2;
    internal const byte IsSha256 = 4;
    internal const byte IsPeeledSha256 = 8;

    private readonly byte[][] _chunks;
    private byte[] _name = new byte[128];
    private byte[] _current = [];
    private int _chunk;
    private int _at;
    private int _nameLength;
    private int _idAt;
    private int _afterId;
    private byte _flags;

    internal RefTipReader(byte[][] chunks, int firstChunk) => (_chunks, _chunk) = (chunks, firstChunk);

    /// <summary>The bytes of the name.</summary>
    public ReadOnlySpan<byte> Name => _name.AsSpan(0, _nameLength);

    /// <summary>The bytes of the id.</summary>
    public ReadOnlySpan<byte> RawId => _current.AsSpan(_idAt, _afterId - _idAt);

    /// <summary>The id.</summary>
    public ObjectId Id => ObjectId.FromRaw(RawId);

    /// <summary>The bytes of the peeled id; empty if there is none.</summary>
    public ReadOnlySpan<byte> RawPeeled => _current.AsSpan(_afterId, PeeledLength);

    /// <summary>The peeled id; null if there is none.</summary>
    public ObjectId? Peeled => (_flags & HasPeeled) != 0 ? ObjectId.FromRaw(RawPeeled) : null;

    /// <summary>The target of a symbolic ref; null for any other.</summary>
    public string? SymrefTarget
    {
        get
        {
            if ((_flags & HasTarget) == 0)
            {
                return null;
            }

            int at = _afterId + PeeledLength;
            int length = Length(ref at);
            return RefName.FromBytes(_current.AsSpan(at, length));
        }
    }

    /// <summary>Whether include-tag applies to it.</summary>
    public bool IsAnnotatedTag => (_flags & HasPeeled) != 0 && Name.StartsWith("refs/tags/"u8);

    /// <summary>The tip as an object.</summary>
    public RefTip Tip => new(RefName.FromBytes(Name), Id, Peeled, SymrefTarget);

    /// <summary>The first name in a chunk.</summary>
    internal static ReadOnlySpan<byte> FirstName(ReadOnlySpan<byte> chunk)
    {
        int at = 1;
        Length(chunk, ref at);
        int length = Length(chunk, ref at);
        return chunk.Slice(at, length);
    }

    private int PeeledLength =>
        (_flags & HasPeeled) == 0 ? 0
        : (_flags & IsPeeledSha256) != 0 ? ObjectFormat.Sha256.DigestLength
        : ObjectFormat.Sha1.DigestLength;

    /// <summary>Goes to the next tip; false behind the last one.</summary>
    public bool MoveNext()
    {
        if (_at == _current.Length)
        {
            if (_chunk == _chunks.Length)
            {
                return false;
            }

            _current = _chunks[_chunk++];
            _at = 0;
        }

        _flags = _current[_at++];
        int shared = Length(ref _at),
            further = Length(ref _at);
        _nameLength = shared + further;
        if (_nameLength > _name.Length)
        {
            Array.Resize(ref _name, Math.Max(_nameLength, 2 * _name.Length));
        }

        _current.AsSpan(_at, further).CopyTo(_name.AsSpan(shared));
        _idAt = _at + further;
        _afterId = _idAt + ((_flags & IsSha256) != 0 ? ObjectFormat.Sha256 : ObjectFormat.Sha1).DigestLength;
        _at = _afterId + PeeledLength;
        if ((_flags & HasTarget) != 0)
        {
            int length = Length(ref _at);
            _at += length;
        }

        return true;
    }

    private int Length(ref int at) => Length(_current, ref at);

    private static int Length(ReadOnlySpan<byte> chunk, ref int at)
    {
        int length = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = chunk[at++];
            length |= (next & 0x7f) << shift;
            if (next < 0x80)
            {
                return length;
            }
        }
    }
}
