using System.Security.Cryptography;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Packs;

namespace Waystation.GitProtocol.Tests.Packs;

[System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350", Justification = "The trailer of a SHA-1 pack is SHA-1.")]
public sealed class PackTrailerCheckTests
{
    public static TheoryData<ObjectFormat, int> Packs =>
        new()
        {
            { ObjectFormat.Sha1, 0 },
            { ObjectFormat.Sha1, 7 },
            { ObjectFormat.Sha1, 100 },
            { ObjectFormat.Sha256, 0 },
            { ObjectFormat.Sha256, 100 },
        };

    [Theory, MemberData(nameof(Packs))]
    public void WholePack_IsWhole_HoweverItIsCut(ObjectFormat format, int body)
    {
        byte[] pack = Make(format, body);
        for (int size = 1; size <= pack.Length; size++)
        {
            Assert.True(Check(format, pack, size), $"cut every {size} bytes");
        }
    }

    [Theory, MemberData(nameof(Packs))]
    public void TruncatedPack_IsNeverWhole(ObjectFormat format, int body)
    {
        byte[] pack = Make(format, body);
        for (int length = 0; length < pack.Length; length++)
        {
            Assert.False(Check(format, pack[..length], 13), $"{length} bytes");
        }
    }

    [Theory, MemberData(nameof(Packs))]
    public void PackWithAFlippedBit_IsNotWhole(ObjectFormat format, int body)
    {
        byte[] pack = Make(format, body);
        for (int at = 0; at < pack.Length; at++)
        {
            byte[] bad = [.. pack];
            bad[at] ^= 0x10;
            Assert.False(Check(format, bad, 64), $"bit of byte {at}");
        }
    }

    [Fact]
    public void PackWithOneByteMore_IsNotWhole() => Assert.False(Check(ObjectFormat.Sha1, [.. Make(ObjectFormat.Sha1, 9), 0], 64));

    [Fact]
    public void PackOfTheOtherFormat_IsNotWhole() => Assert.False(Check(ObjectFormat.Sha256, Make(ObjectFormat.Sha1, 90), 64));

    [Fact]
    public void WhatIsNoPack_IsNotWhole_ThoughItsDigestAgrees()
    {
        byte[] content = [.. "PUCK\0\0\0\u0002\0\0\0\0"u8];
        Assert.False(Check(ObjectFormat.Sha1, [.. content, .. SHA1.HashData(content)], 64));
    }

    [Theory, MemberData(nameof(Packs))]
    public void Releasable_IsAllButTheTrailer_AtEveryByte(ObjectFormat format, int body)
    {
        byte[] pack = Make(format, body);
        using var check = new PackTrailerCheck(format);
        for (int seen = 1; seen <= pack.Length; seen++)
        {
            check.Append(pack.AsSpan(seen - 1, 1));
            Assert.Equal(seen, check.Length);
            Assert.Equal(Math.Max(0, seen - format.DigestLength), check.Releasable);
        }
        Assert.True(check.IsWhole());
        Assert.Equal(ObjectId.FromRaw(pack.AsSpan(pack.Length - format.DigestLength)), check.Trailer);
    }

    [Fact]
    public void Append_AllocatesNothing()
    {
        byte[] bytes = new byte[8_192];
        using var check = new PackTrailerCheck(ObjectFormat.Sha1);
        check.Append(bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 1; i < 1_000; i++)
        {
            check.Append(bytes.AsSpan(0, i));
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("PACK\0\0\0\u0002\0\0\u0001\0", true)]
    [InlineData("PACK\0\0\0\u0003\0\0\u0001\0", true)]
    [InlineData("PACK\0\0\0\u0004\0\0\u0001\0", false)]
    [InlineData("PACK\0\0\0\u0002\0\0\u0001", false)]
    [InlineData("pack\0\0\0\u0002\0\0\u0001\0", false)]
    public void Header_IsTaken_OfVersionsThatGitKnows(string bytes, bool taken)
    {
        Assert.Equal(taken, PackHeader.TryParse(System.Text.Encoding.Latin1.GetBytes(bytes), out PackHeader header));
        if (taken)
        {
            Assert.Equal(256u, header.ObjectCount);
        }
    }

    private static bool Check(ObjectFormat format, byte[] pack, int size)
    {
        using var check = new PackTrailerCheck(format);
        foreach (byte[] chunk in pack.Chunk(size))
        {
            check.Append(chunk);
        }

        return check.IsWhole();
    }

    private static byte[] Make(ObjectFormat format, int body)
    {
        byte[] content = [.. "PACK\0\0\0\u0002\0\0\0\u0001"u8, .. Enumerable.Range(0, body).Select(i => (byte)(i * 7))];
        return [.. content, .. format == ObjectFormat.Sha1 ? SHA1.HashData(content) : SHA256.HashData(content)];
    }
}
