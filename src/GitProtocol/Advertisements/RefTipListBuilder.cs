using System.Buffers.Binary;
using System.Numerics;
using Waystation.GitProtocol.Objects;

namespace Waystation.GitProtocol.Advertisements;

/// <summary>Packs tips as they come. The last one waits until the next, because its peeled id may be in the next line.</summary>
/// <param name="last">An earlier list, whose equal chunks become chunks of this one as well; may be null.</param>
public sealed class RefTipListBuilder(RefTipList? last = null)
{
    /// <summary>One name in so many begins a chunk; a power of two.</summary>
    private const uint NamesPerChunk = 256;

    /// <summary>Most listings are of a few refs.</summary>
    private const int FirstLength = 256;

    /// <summary>Flags and three lengths below 2^14.</summary>
    private const int MaxHeadLength = 7;

    private readonly List<byte[]> _full = [];
    private readonly List<int> _firsts = [];
    private byte[] _chunk = [];
    private int _length;
    private int _packed;
    private bool _isWaiting;
    private bool _isSorted = true;
    private byte[] _name = new byte[128];
    private int _nameLength;
    private byte[] _before = new byte[128];
    private int _beforeLength;
    private ObjectId _id;
    private ObjectId? _peeled;
    private byte[]? _target;

    /// <summary>The number of tips.</summary>
    public int Count => _packed + (_isWaiting ? 1 : 0);

    /// <summary>The bytes of the last name.</summary>
    public ReadOnlySpan<byte> LastName => _name.AsSpan(0, _nameLength);

    /// <summary>Adds a tip.</summary>
    public void Add(RefTip tip)
    {
        ArgumentNullException.ThrowIfNull(tip);
        Add(RefName.ToBytes(tip.Name), tip.Id, tip.Peeled, tip.SymrefTarget is { } target ? RefName.ToBytes(target) : null);
    }

    /// <summary>Adds the tip at which this reader is, but for its target.</summary>
    public void Add(RefTipReader tip)
    {
        ArgumentNullException.ThrowIfNull(tip);
        Add(tip.Name, tip.Id, tip.Peeled, target: null);
    }

    /// <summary>Adds a tip.</summary>
    /// <param name="name">The bytes of its name, at most <see cref="RefName.MaxLength"/>.</param>
    /// <param name="id">Its id.</param>
    /// <param name="peeled">The id that its annotated tag points to.</param>
    /// <param name="target">The bytes of the name that it points to, if it is a symbolic ref.</param>
    public void Add(ReadOnlySpan<byte> name, ObjectId id, ObjectId? peeled, byte[]? target)
    {
        Pack();
        (_name, _before) = (_before, _name);
        _beforeLength = _nameLength;
        if (name.Length > _name.Length)
        {
            _name = new byte[Math.Max(name.Length, 2 * _name.Length)];
        }

        name.CopyTo(_name);
        (_nameLength, _id, _peeled, _target) = (name.Length, id, peeled, target);
        _isWaiting = true;
    }

    /// <summary>Gives the last tip its peeled id.</summary>
    public void PeelLast(ObjectId peeled) => _peeled = peeled;

    /// <summary>The tips so far.</summary>
    public RefTipList ToList()
    {
        Pack();
        return _packed == 0 ? RefTipList.Empty : new RefTipList([.. _full, Chunk()], [.. _firsts], _packed, _isSorted);
    }

    private void Pack()
    {
        if (!_isWaiting)
        {
            return;
        }

        _isWaiting = false;
        _isSorted &= _packed == 0 || LastName.SequenceCompareTo(_before.AsSpan(0, _beforeLength)) > 0;
        int shared = _length == 0 ? 0 : LastName.CommonPrefixLength(_before.AsSpan(0, _beforeLength));
        if ((_length > 0 && BeginsChunk(LastName)) || !TryMakeRoom(LengthWithout(shared)))
        {
            // The first name in a chunk shares nothing.
            _full.Add(Chunk());
            (_length, shared) = (0, 0);
            TryMakeRoom(LengthWithout(0));
        }

        if (_length == 0)
        {
            _firsts.Add(_packed);
        }

        Write(shared);
        _packed++;
    }

    private byte[] Chunk()
    {
        ReadOnlySpan<byte> chunk = _chunk.AsSpan(0, _length);
        return last?.FindEqual(chunk) ?? chunk.ToArray();
    }

    /// <summary>Depends on the end of the name alone, in which names differ.</summary>
    private static bool BeginsChunk(ReadOnlySpan<byte> name) =>
        name.Length >= sizeof(ulong)
        && (BitOperations.Crc32C(0, BinaryPrimitives.ReadUInt64LittleEndian(name[^sizeof(ulong)..])) & (NamesPerChunk - 1)) == 0;

    private int LengthWithout(int shared) =>
        MaxHeadLength + _nameLength - shared + _id.Format.DigestLength + (_peeled?.Format.DigestLength ?? 0) + (_target?.Length ?? 0);

    private bool TryMakeRoom(int length)
    {
        if (_length + length > RefTipList.ChunkLength)
        {
            return false;
        }

        if (_length + length > _chunk.Length)
        {
            int wanted = Math.Max(_length + length, Math.Max(FirstLength, 2 * _chunk.Length));
            Array.Resize(ref _chunk, Math.Min(wanted, RefTipList.ChunkLength));
        }

        return true;
    }

    private void Write(int shared)
    {
        int flags =
            (_peeled is not null ? RefTipReader.HasPeeled : 0)
            | (_target is not null ? RefTipReader.HasTarget : 0)
            | (_id.Format == ObjectFormat.Sha256 ? RefTipReader.IsSha256 : 0)
            | (_peeled?.Format == ObjectFormat.Sha256 ? RefTipReader.IsPeeledSha256 : 0);
        _chunk[_length++] = (byte)flags;
        WriteLength(shared);
        WriteLength(_nameLength - shared);
        Write(LastName[shared..]);
        Write(_id);
        if (_peeled is { } peeled)
        {
            Write(peeled);
        }

        if (_target is not null)
        {
            WriteLength(_target.Length);
            Write(_target);
        }
    }

    private void Write(ObjectId id)
    {
        id.CopyTo(_chunk.AsSpan(_length));
        _length += id.Format.DigestLength;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_chunk.AsSpan(_length));
        _length += bytes.Length;
    }

    private void WriteLength(int length)
    {
        for (; length >= 0x80; length >>= 7)
        {
            _chunk[_length++] = (byte)(length | 0x80);
        }

        _chunk[_length++] = (byte)length;
    }
}
