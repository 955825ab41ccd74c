using System.Text;
using Waystation.CacheStore;
using Waystation.CacheStore.Packs;
using Waystation.Farm.Peers.Messages;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.Farm.Tests.Peers;

public sealed class MessageTests
{
    private static readonly RepositoryName s_repository = new("git.example.com", "team/project");

    /// <summary>The key of the pack cache has every property of a request, so requests with one key are equal in all that counts.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Requests_ComeOutAsTheyWentIn(int seed)
    {
        var random = new Random(seed);
        for (int count = 0; count < 500; count++)
        {
            FetchRequest request = AnyRequest(random);
            FetchRequest read = FetchMessage.Read(FetchMessage.Write(request), request.Pack);
            Assert.True(request == read, $"seed {seed}, request {count}: {request} became {read}");
            byte[] tags = new byte[32];
            Assert.Equal(PackKey.Of(s_repository, request, tags), PackKey.Of(s_repository, read, tags));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Views_ComeOutAsTheyWentIn_AndNoCutOrFlipIsTakenForAnother(int seed)
    {
        var random = new Random(seed);
        for (int count = 0; count < 50; count++)
        {
            var view = new AccessView([.. Enumerable.Range(0, random.Next(3)).Select(_ => AnyListing(random))]);
            ReadOnlyMemory<byte> bytes = ViewBytes.Write(view);
            Assert.Equal(Texts(view), Texts(ViewBytes.Read(bytes)));
            for (int length = 0; length < bytes.Length; length += 1 + random.Next(20))
            {
                try
                {
                    Assert.True(ViewBytes.Read(bytes[..length]).Listings.Count < view.Listings.Count, $"seed {seed}, cut at {length}");
                }
                catch (IOException)
                {
                    // As it must be.
                }
            }
        }
    }

    private static IEnumerable<string> Texts(AccessView view) =>
        view.Listings.Select(static listing =>
            string.Join(
                '|',
                [
                    listing.Asked.Peel,
                    listing.Asked.Symrefs,
                    listing.Asked.Unborn,
                    string.Join(',', listing.Asked.RefPrefixes),
                    listing.IsOfShallow,
                    listing.UnbornHeadTarget,
                    listing.Older?.Version,
                    listing.Older?.Capabilities,
                    string.Join(',', listing.Older?.Shallows ?? []),
                    string.Join(',', listing.Tips),
                ]
            )
        );

    private static RefListing AnyListing(Random random)
    {
        bool isOld = random.Next(2) == 0;
        LsRefsRequest asked = isOld
            ? LsRefsRequest.All(ObjectFormat.Sha1)
            : new LsRefsRequest
            {
                Peel = random.Next(2) == 0,
                Symrefs = random.Next(2) == 0,
                Unborn = random.Next(2) == 0,
                RefPrefixes = [.. Enumerable.Range(0, random.Next(4)).Select(number => $"refs/heads/é{number}/")],
            };
        List<RefTip> tips =
        [
            .. Enumerable
                .Range(0, random.Next(5))
                .Select(number => new RefTip(
                    $"refs/heads/topic-{number}",
                    AnyId(random, ObjectFormat.Sha1),
                    random.Next(3) == 0 ? AnyId(random, ObjectFormat.Sha1) : null,
                    random.Next(4) == 0 ? "refs/heads/main" : null
                )),
        ];
        return new RefListing(asked, tips)
        {
            IsOfShallow = isOld ? random.Next(2) == 0 : null,
            UnbornHeadTarget = asked.Unborn && random.Next(2) == 0 ? "refs/heads/main" : null,
            Older = isOld ? new V0Advertisement(random.Next(2), "multi_ack ofs-delta", [AnyId(random, ObjectFormat.Sha1)]) : null,
        };
    }

    private static FetchRequest AnyRequest(Random random)
    {
        ObjectFormat format = random.Next(4) == 0 ? ObjectFormat.Sha256 : ObjectFormat.Sha1;
        ObjectId[] Ids(int most) => [.. Enumerable.Range(0, random.Next(most)).Select(_ => AnyId(random, format))];
        int? depth = random.Next(3) == 0 ? random.Next(1, 100) : null;
        return new FetchRequest
        {
            ObjectFormat = format,
            Wants = [AnyId(random, format), .. Ids(4)],
            Haves = Ids(5),
            Shallows = Ids(3),
            Depth = depth,
            DeepenRelative = depth is not null && random.Next(2) == 0,
            DeepenSince = depth is null && random.Next(4) == 0 ? random.Next(1, int.MaxValue) : null,
            ThinPack = random.Next(2) == 0,
            OfsDelta = random.Next(2) == 0,
            IncludeTag = random.Next(2) == 0,
            Pack = (PackWhen)random.Next(3),
            Filter = random.Next(3) == 0 && FilterSpec.TryParse("blob:limit=1024", out FilterSpec? filter) ? filter : null,
        };
    }

    private static ObjectId AnyId(Random random, ObjectFormat format)
    {
        byte[] raw = new byte[format.DigestLength];
        random.NextBytes(raw);
        return ObjectId.FromRaw(raw);
    }
}
