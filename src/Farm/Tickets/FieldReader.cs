using System.Buffers.Binary;
using System.Text;
using Waystation.CacheStore;

namespace Waystation.Farm.Tickets;

/// <summary>
/// Reads the fields that <see cref="FieldWriter"/> wrote. After the first field that cannot be read, every field is empty and
/// <see cref="IsWhole"/> is false.
/// </summary>
internal ref struct FieldReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Whether every field could be read until now.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <summary>Whether every field could be read, and nothing is left.</summary>
    public readonly bool IsEnd => IsWhole && _rest.IsEmpty;

    /// <summary>The bytes that were not read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    public int Byte() => Take(1) is [var value] ? value : 0;

    public bool Flag() => Byte() != 0;

    /// <summary>A number.</summary>
    /// <param name="most">A greater one cannot be read.</param>
    public int Count(int most)
    {
        uint value = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            int next = Byte();
            value |= (uint)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value <= (uint)most ? (int)value : Fail();
            }
        }

        return Fail();
    }

    public long Number() => Take(sizeof(long)) is { Length: > 0 } taken ? BinaryPrimitives.ReadInt64BigEndian(taken) : 0;

    public ReadOnlySpan<byte> Take(int count)
    {
        if (!IsWhole || count > _rest.Length)
        {
            Fail();
            return default;
        }

        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    public ReadOnlySpan<byte> Bytes(int most) => Take(Count(most));

    public string Text(int most) => Encoding.UTF8.GetString(Bytes(most));

    public string Latin(int most) => Encoding.Latin1.GetString(Bytes(most));

    public RepositoryName Repository() => new(Text(RepositoryPath.MaxLength), Text(RepositoryPath.MaxLength));

    private int Fail()
    {
        IsWhole = false;
        _rest = default;
        return 0;
    }
}
