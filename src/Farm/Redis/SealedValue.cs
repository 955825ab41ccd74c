using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;
using Waystation.Farm.Secrets;

namespace Waystation.Farm.Redis;

/// <summary>
/// How a shared value looks in Redis. The name of its key is a keyed digest and does not show the name. Whoever moves a value to another
/// name or prolongs it cannot seal it again, so it does not open.
/// <code>
///   end, Unix milliseconds  8 bytes    sealed value, with kind, name and end as its context
/// </code>
/// Redis ends the value in time. The end in the value is for a Redis that somebody else writes to; it is compared with this node's clock,
/// which may differ from that of the writer by <see cref="ClockTolerance"/>.
/// </summary>
public sealed class SealedValue(FarmSecrets secrets, TimeProvider time)
{
    /// <summary>The difference between clocks of nodes that is tolerated.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(5);

    private const string Purpose = "values";
    private const int EndLength = sizeof(long);
    private const int NameLength = 16;

    /// <summary>The keys at which the value may be: that of the sealing secret, then during a rotation that of the other one.</summary>
    internal RedisKey[] Keys(string kind, ReadOnlySpan<byte> name)
    {
        byte[] full = FullName(kind, name);
        return [.. secrets.Keys("names of values").Select(key => FarmKeys.Value(Hidden(key.Span, full)))];
    }

    /// <summary>Seals a value.</summary>
    internal byte[] Seal(string kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, TimeSpan lifetime)
    {
        long end = (time.GetUtcNow() + lifetime).ToUnixTimeMilliseconds();
        byte[] sealedBytes = secrets.Seal(Purpose, Context(kind, name, end), value);
        byte[] all = new byte[EndLength + sealedBytes.Length];
        BinaryPrimitives.WriteInt64BigEndian(all, end);
        sealedBytes.CopyTo(all, EndLength);
        return all;
    }

    /// <summary>The value; null if it is not one of this name that a node of the farm sealed, or if it has ended.</summary>
    internal byte[]? Open(string kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> all)
    {
        if (all.Length < EndLength)
        {
            return null;
        }

        long end = BinaryPrimitives.ReadInt64BigEndian(all);
        return (time.GetUtcNow() - ClockTolerance).ToUnixTimeMilliseconds() >= end
            ? null
            : secrets.Open(Purpose, Context(kind, name, end), all[EndLength..]);
    }

    private static string Hidden(ReadOnlySpan<byte> key, byte[] fullName) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(key, fullName).AsSpan(0, NameLength));

    private static byte[] FullName(string kind, ReadOnlySpan<byte> name) => [.. Encoding.UTF8.GetBytes(kind), 0, .. name];

    private static byte[] Context(string kind, ReadOnlySpan<byte> name, long end)
    {
        byte[] context = new byte[EndLength + Encoding.UTF8.GetByteCount(kind) + 1 + name.Length];
        BinaryPrimitives.WriteInt64BigEndian(context, end);
        FullName(kind, name).CopyTo(context, EndLength);
        return context;
    }
}
