using System.Buffers.Binary;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access;

/// <summary>
/// Says at once of most ids that they are not among some wanted ones: a bit for each value of the first two bytes. Of 200,000 ids it lets
/// through 30,000 if 10,000 are wanted, and next to none if a few are.
/// </summary>
internal readonly struct IdSieve
{
    private readonly ulong[] _bits = new ulong[(ushort.MaxValue + 1) / 64];

    public IdSieve(IReadOnlyCollection<ObjectId> wanted)
    {
        Span<byte> raw = stackalloc byte[ObjectFormat.Sha256.DigestLength];
        foreach (ObjectId id in wanted)
        {
            id.CopyTo(raw);
            int place = BinaryPrimitives.ReadUInt16LittleEndian(raw);
            _bits[place / 64] |= 1UL << (place % 64);
        }
    }

    /// <summary>Whether an id of these bytes may be among the wanted ones; never for no bytes.</summary>
    public bool MayHave(ReadOnlySpan<byte> raw)
    {
        if (raw.IsEmpty)
        {
            return false;
        }

        int place = BinaryPrimitives.ReadUInt16LittleEndian(raw);
        return (_bits[place / 64] >> (place % 64) & 1) != 0;
    }
}
