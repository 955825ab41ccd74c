using System.Globalization;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Refs;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Tests;

/// <summary>A listing of very many refs is kept once, small, and gone through without an object for each ref.</summary>
public sealed class ManyRefsTests
{
    private const int Count = 200_000;

    private static readonly RefListing s_listing = NewListing();

    private readonly CredentialDigester _digester = new();

    [Fact]
    public void Tickets_KeepOneSmallListing_ForAllCredentialsThatSawTheSame()
    {
        var tickets = new AccessTickets(TimeProvider.System, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10));
        tickets.RecordRefs(CoreFixture.Repository, Of("0"), s_listing, tickets.Now);
        long ofOne = tickets.Bytes;
        Assert.InRange(ofOne, Count * 21, Count * 48);
        for (int i = 1; i < 100; i++)
        {
            RefListing again = i < 5 ? NewListing() : s_listing;
            tickets.RecordRefs(CoreFixture.Repository, Of($"{i}"), again, tickets.Now);
        }

        Assert.Equal(ofOne, tickets.Bytes);
        Assert.Same(
            tickets.Find(CoreFixture.Repository, Of("1"))!.Listings[0],
            tickets.Find(CoreFixture.Repository, Of("99"))!.Listings[0]
        );
    }

    /// <summary>The next listing is read into the memory of the last one, whichever credential that was shown to.</summary>
    [Fact]
    public async Task ListingAgain_TakesNoMemoryForRefsThatAreAsBefore()
    {
        await using var core = new CoreFixture();
        core.Primary.Refs.AddRange(s_listing.Tips.Select(static tip => (tip.Name, tip.Id, tip.Peeled)));
        RefTipList first = await ListAsync("alice");
        core.Primary.Refs[Count / 2] = core.Primary.Refs[Count / 2] with { Id = Id(-1) };
        core.Primary.Refs.RemoveAt(Count / 3);
        RefTipList second = await ListAsync("bob");
        Assert.Equal(Count - 1, second.Count);
        Assert.InRange(second.Chunks.Count(chunk => !first.Chunks.Contains(chunk)), 1, 5);

        async Task<RefTipList> ListAsync(string user)
        {
            var asker = new RefsAsker(CoreFixture.Repository, core.CredentialOf(user), core.Primary.For(user), ObjectFormat.Sha1, 2);
            AccessView? view = await core.Refs.LookAsync(asker, RefsQueryKind.AllRefs, CancellationToken.None);
            return (RefTipList)Assert.Single(view!.Listings).Tips;
        }
    }

    [Fact]
    public void TenThousandWants_AreFoundInOnePass_WithoutAnObjectForEachRef()
    {
        var view = new AccessView([s_listing]);
        ObjectId[] wants = [.. Enumerable.Range(0, 10_000).Select(static i => Id(i * 20))];
        ObjectId[] others = [.. wants[..^1], Id(-1)];
        Assert.True(view.Shows(wants));
        Assert.Equal([Id(-1)], view.NotShown(others));

        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = new HashSet<ObjectId>(others);
        long ofSet = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Single(view.NotShown(others));
        long ofLook = GC.GetAllocatedBytesForCurrentThread() - before - ofSet;
        Assert.InRange(ofLook, ofSet, ofSet + (32 * 1024));
    }

    [Fact]
    public void NewestListing_CountsForARef_AlsoWhenAnOlderOneIsPacked()
    {
        var head = new RefListing(
            new LsRefsRequest { ObjectFormat = ObjectFormat.Sha1, RefPrefixes = ["refs/heads/job/000/000007"] },
            [new RefTip("refs/heads/job/000/000007", Id(-7), null, null)]
        );
        var view = new AccessView([head, s_listing]);
        Assert.True(view.Shows([Id(-7), Id(8)]));
        Assert.False(view.Shows([Id(7)]));
        Assert.Equal(["refs/heads/job/000/000008"], view.TipsOf(new HashSet<ObjectId> { Id(7), Id(8) }).Select(static tip => tip.Name));
    }

    private Credential Of(string user) => _digester.Digest([new("user", user)]);

    private static RefListing NewListing() =>
        new(
            LsRefsRequest.All(ObjectFormat.Sha1),
            RefTipList.Of(
                Enumerable
                    .Range(0, Count)
                    .Select(static i => new RefTip(
                        string.Create(CultureInfo.InvariantCulture, $"refs/heads/job/{i / 1_000:D3}/{i:D6}"),
                        Id(i),
                        null,
                        null
                    ))
            )
        );

    private static ObjectId Id(int number)
    {
        Span<byte> raw = stackalloc byte[20];
        raw.Clear();
        BitConverter.TryWriteBytes(raw[2..], number);
        BitConverter.TryWriteBytes(raw, (ushort)(number * 40_503));
        return ObjectId.FromRaw(raw);
    }
}
