using System.Globalization;
using System.Text;
using Waystation.CacheStore;
using Waystation.Farm.Announcements;
using Waystation.Farm.Lfs;
using Waystation.Farm.Purges;
using Waystation.Farm.Tickets;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Recording;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Lfs;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Xunit.Abstractions;

namespace Waystation.Farm.Tests.Tickets;

/// <summary>What nodes write for each other comes back as it was; everything else is nothing, and never a fault.</summary>
public sealed class CodecTests(ITestOutputHelper output)
{
    private readonly Random _random = SeededRandom(output);

    [Fact]
    public void Listings_ComeBackAsTheyWere()
    {
        for (int round = 0; round < 200; round++)
        {
            var entry = new SharedEntry(new ExchangedAnswer.Listing(RandomListing(), default), _random.NextInt64(), RandomPosition());
            SharedEntry read = EntryCodec.Read(EntryCodec.Write(entry)!.Value.Span)!;
            Assert.Equal((entry.AskedAt, entry.Position), (read.AskedAt, read.Position));
            RefListing expected = ((ExchangedAnswer.Listing)entry.Answer).Refs;
            RefListing actual = Assert.IsType<ExchangedAnswer.Listing>(read.Answer).Refs;
            Assert.Equal(expected.Asked, actual.Asked);
            Assert.Equal(expected.Asked.RefPrefixes, actual.Asked.RefPrefixes);
            Assert.Equal(expected.Tips, actual.Tips);
            Assert.Equal((expected.IsOfShallow, expected.UnbornHeadTarget), (actual.IsOfShallow, actual.UnbornHeadTarget));
            Assert.Equal(expected.Older?.Shallows, actual.Older?.Shallows);
            Assert.Equal((expected.Older?.Version, expected.Older?.Capabilities), (actual.Older?.Version, actual.Older?.Capabilities));
        }
    }

    [Fact]
    public void Capabilities_ComeBackAsTheyWere()
    {
        byte[] said = "000eversion 2\n0010fetch=filter0000"u8.ToArray();
        Assert.True(CapabilityAdvertisement.TryParse(said, out CapabilityAdvertisement? shown));
        var entry = new SharedEntry(new ExchangedAnswer.Capabilities(shown, default), 1, RandomPosition());
        SharedEntry read = EntryCodec.Read(EntryCodec.Write(entry)!.Value.Span)!;
        Assert.Equal(said, Assert.IsType<ExchangedAnswer.Capabilities>(read.Answer).Advertisement.Bytes.ToArray());
    }

    /// <summary>Each answer of the primary is written, and most are short: they must not each take memory for the longest.</summary>
    [Fact]
    public void ShortEntry_TakesLittleMemory_WhereItIsWrittenAndRead()
    {
        var entry = new SharedEntry(new ExchangedAnswer.Listing(RandomListing(), default), 1, default);
        byte[] written = EntryCodec.Write(entry)!.Value.ToArray();
        Assert.NotNull(EntryCodec.Read(written));
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = EntryCodec.Write(entry);
        _ = EntryCodec.Read(written);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 64 * 1024);
    }

    [Fact]
    public void Entries_CutAnywhere_AreNothing()
    {
        byte[] written = EntryCodec
            .Write(new SharedEntry(new ExchangedAnswer.Listing(RandomListing(), default), 1, default))!
            .Value.ToArray();
        for (int length = 0; length < written.Length; length++)
        {
            Assert.Null(EntryCodec.Read(written.AsSpan(0, length)));
        }

        Assert.Null(EntryCodec.Read([2, .. written[1..]]));
    }

    [Fact]
    public void Entries_AndAnnouncements_WithFlippedBits_AreNoFault()
    {
        for (int round = 0; round < 2_000; round++)
        {
            byte[] entry = EntryCodec
                .Write(new SharedEntry(new ExchangedAnswer.Listing(RandomListing(), default), 1, default))!
                .Value.ToArray();
            Flip(entry);
            _ = EntryCodec.Read(entry);
            byte[] refusals = NoticeCodec
                .Write(1, [new RefusalNotice(RefusalKind.Doubt, TicketNode.Repository, RandomCredential())], out _)
                .ToArray();
            Flip(refusals);
            _ = NoticeCodec.ReadRefusals(refusals);
            byte[] push = NoticeCodec.Write(1, TicketNode.Repository, RandomCredential(), RandomPush(3)).ToArray();
            Flip(push);
            _ = NoticeCodec.ReadPush(push);
        }
    }

    /// <summary>The uncompressed parts too: a change of one bit in the stream of Brotli is mostly found before they are read.</summary>
    [Fact]
    public void Listings_CutOrWithFlippedBits_AreNoFault()
    {
        for (int round = 0; round < 2_000; round++)
        {
            var to = new FieldWriter();
            Assert.True(ListingCodec.TryWrite(to, RandomListing()));
            byte[] written = to.Written.ToArray();
            var cut = new FieldReader(written.AsSpan(0, _random.Next(written.Length)));
            Assert.True(ListingCodec.Read(ref cut) is null);
            Flip(written);
            var flipped = new FieldReader(written);
            _ = ListingCodec.Read(ref flipped);
        }
    }

    [Fact]
    public void Announcements_ComeBackAsTheyWere_AndCutAnywhereAreNothing()
    {
        RefusalNotice[] refusals =
        [
            .. Enumerable
                .Range(0, 20)
                .Select(number => new RefusalNotice((RefusalKind)(number % 3), TicketNode.Repository, RandomCredential())),
        ];
        byte[] written = NoticeCodec.Write(7, refusals, out int count).ToArray();
        Assert.Equal(refusals.Length, count);
        (uint key, IReadOnlyList<RefusalNotice> read) = NoticeCodec.ReadRefusals(written)!.Value;
        Assert.Equal(7u, key);
        Assert.Equal(refusals, read);
        PushedRef[] pushed = RandomPush(20);
        Credential pusher = RandomCredential();
        byte[] push = NoticeCodec.Write(7, TicketNode.Repository, pusher, pushed).ToArray();
        PushNotice told = NoticeCodec.ReadPush(push)!;
        Assert.Equal((7u, TicketNode.Repository, pusher), (told.Key, told.Repository, told.Pusher));
        Assert.Equal(pushed, told.Refs);
        Assert.All(Enumerable.Range(0, written.Length), length => Assert.Null(NoticeCodec.ReadRefusals(written.AsSpan(0, length))));
        Assert.All(Enumerable.Range(0, push.Length), length => Assert.Null(NoticeCodec.ReadPush(push.AsSpan(0, length))));
        Assert.Null(NoticeCodec.ReadRefusals(NoticeCodec.WriteAll(7).Span));
    }

    /// <summary>Announcements have a bound, and names of repositories may be long.</summary>
    [Fact]
    public void Refusals_AreCutToTheLengthOfAnAnnouncement()
    {
        RefusalNotice[] refusals =
        [
            .. Enumerable
                .Range(0, 20)
                .Select(number => new RefusalNotice(
                    RefusalKind.Reading,
                    new RepositoryName("git.example.com", new string('a', RepositoryPath.MaxLength)),
                    RandomCredential()
                )),
        ];
        ReadOnlyMemory<byte> written = NoticeCodec.Write(7, refusals, out int count);
        Assert.InRange(written.Length, 1, FarmAnnouncements.LongestContent);
        Assert.InRange(count, 1, 4);
        Assert.Equal(refusals[..count], NoticeCodec.ReadRefusals(written.Span)!.Value.Refusals);
        PushedRef[] pushed = [.. Enumerable.Range(0, 20).Select(number => new PushedRef(new string('b', RefName.MaxLength), null))];
        ReadOnlyMemory<byte> push = NoticeCodec.Write(7, TicketNode.Repository, RandomCredential(), pushed);
        Assert.Null(NoticeCodec.ReadPush(push.Span)!.Refs);
    }

    [Fact]
    public void Grants_ComeBackAsTheyWere_CutAnywhereAreNothing_AndWithFlippedBitsAreNoFault()
    {
        foreach (
            LfsSourceParts? source in (LfsSourceParts?[])
                [
                    null,
                    new("https://storage.example.com/a?b=c", []),
                    new("https://x/", [new("Authorization", "RemoteAuth 123"), new("a", "")]),
                ]
        )
        {
            var grant = new SharedGrant(5, RandomPosition(), TimeSpan.MaxValue, source);
            byte[] written = GrantCodec.Write(grant)!.Value.ToArray();
            SharedGrant read = GrantCodec.Read(written)!;
            Assert.Equal(grant with { Source = null }, read with { Source = null });
            Assert.Equal(source?.Href, read.Source?.Href);
            Assert.Equal(source?.Header, read.Source?.Header);
            Assert.All(Enumerable.Range(0, written.Length), length => Assert.Null(GrantCodec.Read(written.AsSpan(0, length))));
            for (int round = 0; round < 500; round++)
            {
                byte[] flipped = [.. written];
                Flip(flipped);
                _ = GrantCodec.Read(flipped);
            }
        }

        Assert.Null(GrantCodec.Write(new SharedGrant(5, default, default, new LfsSourceParts(new string('a', GrantCodec.MaxText), []))));
    }

    [Fact]
    public void Purges_ComeBackAsTheyWere_CutAnywhereAreNothing_AndWithFlippedBitsAreNoFault()
    {
        Purge[] purges = [.. Enumerable.Range(0, 5).Select(number => new Purge(Guid.NewGuid(), TicketNode.Repository, number))];
        byte[] written = PurgeCodec.Write(purges).ToArray();
        Assert.Equal(purges, PurgeCodec.Read(written));
        Assert.All(Enumerable.Range(0, written.Length), length => Assert.Null(PurgeCodec.Read(written.AsSpan(0, length))));
        for (int round = 0; round < 500; round++)
        {
            byte[] flipped = [.. written];
            Flip(flipped);
            _ = PurgeCodec.Read(flipped);
        }
    }

    [Fact]
    public void ListingThatIsTooLong_IsNotShared()
    {
        RefTip[] tips =
        [
            .. Enumerable.Range(0, 60_000).Select(number => new RefTip($"refs/heads/{number}", RandomId(ObjectFormat.Sha1), null, null)),
        ];
        RefListing Of(int count) => new(LsRefsRequest.All(ObjectFormat.Sha1), tips[..count]);
        Assert.Null(EntryCodec.Write(new SharedEntry(new ExchangedAnswer.Listing(Of(60_000), default), 1, default)));
        ReadOnlyMemory<byte> written = EntryCodec
            .Write(new SharedEntry(new ExchangedAnswer.Listing(Of(40_000), default), 1, default))!
            .Value;
        Assert.InRange(written.Length, 40_000 * 20, EntryCodec.MaxLength);
    }

    private static Random SeededRandom(ITestOutputHelper output)
    {
        int seed = Environment.TickCount;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed}"));
        return new Random(seed);
    }

    private void Flip(byte[] bytes)
    {
        for (int flips = _random.Next(1, 4); flips > 0; flips--)
        {
            bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8));
        }
    }

    private RefListing RandomListing()
    {
        ObjectFormat format = _random.Next(4) == 0 ? ObjectFormat.Sha256 : ObjectFormat.Sha1;
        RefTip[] tips =
        [
            .. Enumerable
                .Range(0, _random.Next(12))
                .Select(_ => new RefTip(
                    RandomName(),
                    RandomId(format),
                    _random.Next(2) == 0 ? RandomId(format) : null,
                    _random.Next(4) == 0 ? RandomName() : null
                )),
        ];
        return new RefListing(
            new LsRefsRequest
            {
                ObjectFormat = format,
                Peel = _random.Next(2) == 0,
                Symrefs = _random.Next(2) == 0,
                Unborn = _random.Next(2) == 0,
                RefPrefixes = [.. Enumerable.Range(0, _random.Next(4)).Select(_ => RandomName())],
            },
            tips
        )
        {
            IsOfShallow = _random.Next(3) switch
            {
                0 => null,
                1 => true,
                _ => false,
            },
            UnbornHeadTarget = _random.Next(3) == 0 ? RandomName() : null,
            Older =
                _random.Next(2) == 0
                    ? new V0Advertisement(_random.Next(2), "multi_ack agent=git/2.39", [RandomId(format), RandomId(format)])
                    : null,
        };
    }

    private string RandomName()
    {
        byte[] bytes = new byte[_random.Next(1, 12)];
        _random.NextBytes(bytes);
        return (_random.Next(2) == 0 ? "refs/heads/" : "refs/tags/v") + Encoding.Latin1.GetString(bytes);
    }

    private ObjectId RandomId(ObjectFormat format)
    {
        byte[] raw = new byte[format.DigestLength];
        _random.NextBytes(raw);
        return ObjectId.FromRaw(raw);
    }

    private PushedRef[] RandomPush(int count) =>
        [.. Enumerable.Range(0, count).Select(number => new PushedRef(RandomName(), number % 3 == 0 ? null : RandomId(ObjectFormat.Sha1)))];

    private Credential RandomCredential() =>
        new CredentialDigester().Digest(_random.Next(2) == 0 ? [] : [new("header authorization", "somebody")]);

    private AnnouncementPosition RandomPosition() => new(_random.NextInt64(), _random.NextInt64());
}
