using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Waystation.GitProtocol.Packs;

/// <summary>The twelve bytes that every pack begins with (gitformat-pack).</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PackHeader(int Version, uint ObjectCount)
{
    /// <summary>The bytes of a header.</summary>
    public const int Length = 12;

    /// <summary>Reads the signature, a version that git knows (2 or 3) and the number of objects.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out PackHeader header)
    {
        header = default;
        if (bytes.Length < Length || !bytes.StartsWith("PACK"u8))
        {
            return false;
        }

        uint version = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        if (version is not (2 or 3))
        {
            return false;
        }

        header = new PackHeader((int)version, BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]));
        return true;
    }
}
