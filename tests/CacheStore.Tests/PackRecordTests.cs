using Waystation.CacheStore.Packs.Storing;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Responses;

namespace Waystation.CacheStore.Tests;

public sealed class PackRecordTests
{
    private static readonly PackRecord s_record = new()
    {
        Key = Store.KeyOf(1),
        Repository = new RepositoryName("git.example:8443", "t\u00e9am/tool.git"),
        ObjectFormat = ObjectFormat.Sha1,
        Prologue = new FetchPrologue
        {
            HasShallowInfo = true,
            Shallow = [Store.IdOf(5)],
            Unshallow = [Store.IdOf(6)],
        },
        PackLength = (2L * BlockSums.BlockLength) + 1,
        MadeAt = new DateTimeOffset(2025, 3, 4, 5, 6, 7, 89, TimeSpan.Zero),
        Cost = TimeSpan.FromMilliseconds(1234),
        Sums = [1, uint.MaxValue, 3],
    };

    [Fact]
    public void Parse_ReadsBackEveryField_WhenTheBytesAreWhole()
    {
        PackRecord read = PackRecord.Parse(s_record.ToBytes());
        Assert.Equal(s_record.Key, read.Key);
        Assert.Equal(s_record.Repository, read.Repository);
        Assert.Equal(s_record.ObjectFormat, read.ObjectFormat);
        Assert.Equal(s_record.Prologue.HasShallowInfo, read.Prologue.HasShallowInfo);
        Assert.Equal(s_record.Prologue.Shallow, read.Prologue.Shallow);
        Assert.Equal(s_record.Prologue.Unshallow, read.Prologue.Unshallow);
        Assert.Equal(s_record.PackLength, read.PackLength);
        Assert.Equal(s_record.MadeAt, read.MadeAt);
        Assert.Equal(s_record.Cost, read.Cost);
        Assert.Equal(s_record.Sums, read.Sums);
        Assert.Equal(s_record.ToBytes(), read.ToBytes());
    }

    [Fact]
    public void Parse_Refuses_WhereverTheBytesAreCut()
    {
        byte[] bytes = s_record.ToBytes();
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => PackRecord.Parse(bytes.AsMemory(0, length)));
        }
    }

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x80)]
    [InlineData(0xFF)]
    public void Parse_Refuses_WhicheverByteIsFlipped(byte mask)
    {
        byte[] bytes = s_record.ToBytes();
        for (int at = 0; at < bytes.Length; at++)
        {
            bytes[at] ^= mask;
            Assert.Throws<InvalidDataException>(() => PackRecord.Parse(bytes));
            bytes[at] ^= mask;
        }
    }

    [Fact]
    public void Parse_Refuses_WhenTheNumberOfSumsIsNotThatOfThePack() =>
        Assert.Throws<InvalidDataException>(() => PackRecord.Parse((s_record with { Sums = [1, 2] }).ToBytes()));
}
