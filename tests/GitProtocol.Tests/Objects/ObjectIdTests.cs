using System.Buffers;
using System.Text;
using Waystation.GitProtocol.Objects;
using Waystation.TestKit.Wire;

namespace Waystation.GitProtocol.Tests.Objects;

public sealed class ObjectIdTests
{
    [Theory, EveryCut("raw:" + Ids.D)]
    public void Sha1_IsRead_HoweverTheBytesArrive(ReadOnlySequence<byte> hex)
    {
        Assert.True(ObjectId.TryParse(hex, ObjectFormat.Sha1, out ObjectId id));
        Assert.Equal(Ids.D, id.ToString());
        Assert.False(ObjectId.TryParse(hex, ObjectFormat.Sha256, out _));
    }

    [Theory, EveryCut("raw:" + Ids.A256)]
    public void Sha256_IsRead_HoweverTheBytesArrive(ReadOnlySequence<byte> hex)
    {
        Assert.True(ObjectId.TryParse(hex, ObjectFormat.Sha256, out ObjectId id));
        Assert.Equal(Ids.A256, id.ToString());
        Assert.False(ObjectId.TryParse(hex, ObjectFormat.Sha1, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaag")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\u00e1")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void WhatIsNotAnId_IsRefused(string hex)
    {
        Assert.False(ObjectId.TryParse(Encoding.Latin1.GetBytes(hex), ObjectFormat.Sha1, out _));
        Assert.Throws<FormatException>(() => ObjectId.Parse(hex));
    }

    [Fact]
    public void Ids_CompareByValue_AndOrderAsTheirDigits()
    {
        ObjectId a = ObjectId.Parse(Ids.A),
            b = ObjectId.Parse(Ids.B);
        Assert.Equal(a, ObjectId.Parse(Ids.A.ToUpperInvariant()));
        Assert.Equal(a.GetHashCode(), ObjectId.Parse(Ids.A).GetHashCode());
        Assert.True(a == ObjectId.Parse(Ids.A) && a != b && a < b && b >= a);
        Assert.NotEqual(a, ObjectId.Parse(Ids.A256));
        Assert.True(ObjectId.Parse(Ids.Zero).IsZero && default(ObjectId).IsZero && !a.IsZero);
    }

    [Theory, InlineData(Ids.D), InlineData(Ids.B256)]
    public void Raw_AndBack_IsTheSame(string hex)
    {
        ObjectId id = ObjectId.Parse(hex);
        byte[] raw = new byte[id.Format.DigestLength];
        id.CopyTo(raw);
        Assert.Equal(hex, Convert.ToHexStringLower(raw));
        Assert.Equal(id, ObjectId.FromRaw(raw));
    }
}
