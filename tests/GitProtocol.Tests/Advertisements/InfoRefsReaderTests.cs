using System.Buffers;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.TestKit.Wire;

namespace Waystation.GitProtocol.Tests.Advertisements;

public sealed class InfoRefsReaderTests
{
    private const string Service = "# service=git-upload-pack";
    private const string Capabilities = "multi_ack side-band-64k symref=HEAD:refs/heads/main object-format=sha1 agent=git/2";

    [
        Theory,
        EveryCut(
            Service,
            Lines.Flush,
            Ids.A + " HEAD\0" + Capabilities,
            Ids.A + " refs/heads/main",
            Ids.B + " refs/tags/v1",
            Ids.A + " refs/tags/v1^{}",
            "shallow " + Ids.C,
            Lines.Flush
        )
    ]
    public void V0_IsRead_HoweverTheBytesArrive(ReadOnlySequence<byte> bytes)
    {
        InfoRefsReader reader = Shown.To(new InfoRefsReader(), bytes);
        Assert.True(reader.IsComplete);
        Assert.Equal(0, reader.Version);
        ObjectId a = ObjectId.Parse(Ids.A),
            b = ObjectId.Parse(Ids.B);
        Assert.Equal(
            [new("HEAD", a, null, "refs/heads/main"), new("refs/heads/main", a, null, null), new("refs/tags/v1", b, a, null)],
            reader.Tips
        );
        Assert.Equal(Ids.Of(Ids.C), reader.Shallows);
        Assert.Contains("side-band-64k", reader.V0Capabilities);
    }

    [Theory, EveryCut("version 1", Ids.A256 + " HEAD\0object-format=sha256", Lines.Flush)]
    public void V1OfSha256_IsRead_HoweverTheBytesArrive(ReadOnlySequence<byte> bytes)
    {
        InfoRefsReader reader = Shown.To(new InfoRefsReader(), bytes);
        Assert.True(reader.IsComplete);
        Assert.Equal((1, ObjectFormat.Sha256), (reader.Version, reader.ObjectFormat));
        Assert.Equal(ObjectId.Parse(Ids.A256), Assert.Single(reader.Tips).Id);
    }

    [Theory]
    [EveryCut("version 2", "agent=git/2", "ls-refs=unborn", "fetch=shallow filter", "object-format=sha256", Lines.Flush)]
    [EveryCut(
        Service,
        Lines.Flush,
        "version 2",
        "agent=git/2",
        "ls-refs=unborn",
        "fetch=shallow filter",
        "object-format=sha256",
        Lines.Flush
    )]
    public void V2_IsRead_HoweverTheBytesArrive(ReadOnlySequence<byte> bytes)
    {
        InfoRefsReader reader = Shown.To(new InfoRefsReader(), bytes);
        Assert.True(reader.IsComplete);
        Assert.Equal((2, ObjectFormat.Sha256), (reader.Version, reader.ObjectFormat));
        CapabilityAdvertisement capabilities = Assert.IsType<CapabilityAdvertisement>(reader.Capabilities);
        Assert.True(
            capabilities.Supports("fetch") && capabilities.Supports("fetch", "filter") && capabilities.Supports("ls-refs", "unborn")
        );
        Assert.False(
            capabilities.Supports("fetch", "filt") || capabilities.Supports("object-info") || capabilities.Supports("ls-refs", "peel")
        );
        Assert.Equal(
            Lines.ToBytes("version 2", "agent=git/2", "ls-refs=unborn", "fetch=shallow filter", "object-format=sha256", Lines.Flush),
            capabilities.Bytes.ToArray()
        );
    }

    [Theory]
    [EveryTruncation(Service, Lines.Flush, Ids.A + " HEAD\0" + Capabilities, "shallow " + Ids.C, Lines.Flush)]
    [EveryTruncation("version 2", "fetch", Lines.Flush)]
    public void TruncatedAdvertisement_IsNotComplete_AndNotRefusedEither(ReadOnlySequence<byte> bytes)
    {
        InfoRefsReader reader = Shown.To(new InfoRefsReader(), bytes);
        Assert.False(reader.IsComplete);
        Assert.False(reader.HasStopped);
    }

    [Fact]
    public void RepositoryWithoutRefs_HasNoTips_ButItsFormat()
    {
        InfoRefsReader reader = Shown.To(
            new InfoRefsReader(),
            Service,
            Lines.Flush,
            Ids.Zero + Ids.Zero[..24] + " capabilities^{}\0object-format=sha256",
            Lines.Flush
        );
        Assert.True(reader.IsComplete);
        Assert.Empty(reader.Tips);
        Assert.Equal(ObjectFormat.Sha256, reader.ObjectFormat);
    }

    [Fact]
    public void OldServerWithoutRefs_SaysNothingButAFlush()
    {
        InfoRefsReader reader = Shown.To(new InfoRefsReader(), Service, Lines.Flush, Lines.Flush);
        Assert.True(reader.IsComplete);
        Assert.Empty(reader.Tips);
    }

    [Theory]
    [InlineData("# service=git-receive-pack", Lines.Flush)]
    [InlineData(Service, "version 2")]
    [InlineData("ERR no", Lines.Flush)]
    [InlineData("version 3", Lines.Flush)]
    [InlineData("version 2", Lines.Delim)]
    [InlineData("version 2", "object-format=md5", Lines.Flush)]
    [InlineData("version 1", "version 1")]
    [InlineData(Ids.A + " HEAD\0object-format=md5", Lines.Flush)]
    [InlineData(Ids.A + " HEAD\0object-format=sha256", Lines.Flush)]
    [InlineData(Ids.A + " HEAD\0x", Ids.A + " refs/tags/v1^{}", Lines.Flush)]
    [InlineData(Ids.A + " HEAD\0x", "shallow " + Ids.B, Ids.A + " refs/heads/x", Lines.Flush)]
    [InlineData(Ids.A + " HEAD\0x", "shallow 12", Lines.Flush)]
    [InlineData(Ids.A + " HEAD\0x", Lines.Delim)]
    [InlineData(Ids.Zero + " capabilities^{}\0x", Ids.A + " refs/heads/x", Lines.Flush)]
    [InlineData("<html>", Lines.Flush)]
    [InlineData("raw:<html><body>Not found</body></html>")]
    public void WhatIsNoAdvertisement_StopsTheReader_AndNothingIsKept(params string[] lines)
    {
        foreach (InfoRefsReader reader in Shown.AtEveryCut(() => new InfoRefsReader(), Lines.ToBytes(lines)))
        {
            Assert.True(reader.HasStopped);
            Assert.False(reader.IsComplete);
            Assert.Empty(reader.Tips);
            Assert.Null(reader.Capabilities);
        }
    }

    [Fact]
    public void MoreRefsThanTheBound_StopTheReader()
    {
        var reader = new InfoRefsReader(maxRefs: 1);
        reader.Read(Lines.ToBytes(Ids.A + " HEAD\0x"));
        Assert.Single(reader.Tips);
        reader.Read(Lines.ToBytes(Ids.A + " refs/heads/x"));
        Assert.True(reader.HasStopped);
    }

    [Fact]
    public void MoreShallowsThanTheBound_StopTheReader() =>
        Assert.True(Shown.To(new InfoRefsReader(maxRefs: 1), Ids.A + " HEAD\0x", "shallow " + Ids.A, "shallow " + Ids.B).HasStopped);

    [Fact]
    public void EndlessCapabilities_StopTheReader()
    {
        var reader = new InfoRefsReader();
        reader.Read(Lines.ToBytes("version 2"));
        for (int i = 0; i < 100; i++)
        {
            reader.Read(Lines.ToBytes("x=" + new string('x', 60_000)));
        }

        Assert.True(reader.HasStopped);
    }

    [Fact]
    public void Advertisement_IsNotTaken_WithMoreOrLessThanItself()
    {
        byte[] whole = Lines.ToBytes("version 2", "fetch", Lines.Flush);
        Assert.True(CapabilityAdvertisement.TryParse(whole, out _));
        Assert.False(CapabilityAdvertisement.TryParse((byte[])[.. whole, .. "0000"u8], out _));
        Assert.All(Cuts.Truncations(whole), bytes => Assert.False(CapabilityAdvertisement.TryParse(bytes.ToArray(), out _)));
    }
}
