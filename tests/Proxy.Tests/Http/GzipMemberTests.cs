using System.IO.Compression;
using Waystation.Proxy.Http.Streams;

namespace Waystation.Proxy.Tests.Http;

public sealed class GzipMemberTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    [InlineData(200_000)]
    public void Member_IsAlone_OnlyWhereNothingFollowsIt(int length)
    {
        byte[] first = Pack(length),
            second = Pack(20);
        Assert.True(GzipMember.IsAlone(first));
        Assert.False(GzipMember.IsAlone((byte[])[.. first, .. second]));
        Assert.False(GzipMember.IsAlone((byte[])[.. first, 0]));
        Assert.False(GzipMember.IsAlone((byte[])[.. first, .. new byte[8]]));
        Assert.False(GzipMember.IsAlone((byte[])[.. first, .. first[^8..]]));
        Assert.False(GzipMember.IsAlone(first.AsMemory()[..^1]));
        Assert.False(GzipMember.IsAlone(first.AsMemory()[..^9]));
    }

    [Fact]
    public void Member_IsNotTaken_WhenItsHeaderHasMoreThanClientsWrite()
    {
        byte[] named = [0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 0, .. "name\0"u8, .. Pack(9)[10..]];
        Assert.False(GzipMember.IsAlone(named));
        Assert.False(GzipMember.IsAlone(Array.Empty<byte>()));
    }

    private static byte[] Pack(int length)
    {
        byte[] plain = new byte[length];
        new Random(length).NextBytes(plain);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(plain);
        }

        return packed.ToArray();
    }
}
