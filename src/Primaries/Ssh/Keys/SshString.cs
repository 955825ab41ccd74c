using System.Buffers.Binary;

namespace Waystation.Primaries.Ssh.Keys;

/// <summary>The <c>string</c> of SSH: four bytes of length, big end first, and as many bytes (RFC 4251, 5).</summary>
internal static class SshString
{
    private const int HeaderLength = 4;

    /// <summary>Takes one off the front; false, and nothing taken, when it is not whole.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!BinaryPrimitives.TryReadUInt32BigEndian(bytes, out uint length) || length > bytes.Length - HeaderLength)
        {
            return false;
        }

        value = bytes.Slice(HeaderLength, (int)length);
        bytes = bytes[(HeaderLength + (int)length)..];
        return true;
    }

    public static void Write(Stream to, ReadOnlySpan<byte> value)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        BinaryPrimitives.WriteInt32BigEndian(header, value.Length);
        to.Write(header);
        to.Write(value);
    }
}
