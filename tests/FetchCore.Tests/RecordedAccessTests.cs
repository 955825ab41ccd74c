using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Recording;
using Waystation.FetchCore.Access.Tickets;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Tests;

/// <summary>The records for an outage: for which credential, for how long, and for which question.</summary>
public sealed class RecordedAccessTests
{
    private static readonly TimeSpan s_serveFor = TimeSpan.FromMinutes(10);
    private static readonly ObjectId s_one = CoreFixture.Id(1);
    private static readonly ObjectId s_two = CoreFixture.Id(2);
    private static readonly ObjectId s_tag = CoreFixture.Id(3);

    private readonly ManualTime _time = new();
    private readonly CredentialDigester _digester = new();
    private readonly AccessTickets _tickets;

    public RecordedAccessTests() => _tickets = new AccessTickets(_time, TimeSpan.FromSeconds(30), s_serveFor);

    [Fact]
    public void Record_OutlivesTheTicket_AndEndsItself()
    {
        Show("alice", All, Branch(s_one));
        _time.Turn(TimeSpan.FromMinutes(1));
        Assert.Null(_tickets.Find(CoreFixture.Repository, Of("alice")));
        Assert.NotNull(Recorded("alice"));
        Assert.Null(Recorded("bob"));
        _time.Turn(s_serveFor);
        Assert.Null(Recorded("alice"));
    }

    [Fact]
    public void Record_DiesWithARefusal_AlsoWhatWasAnsweredBeforeIt()
    {
        long before = _tickets.Now;
        Show("alice", All, Branch(s_one));
        _time.Turn(TimeSpan.FromSeconds(1));
        _tickets.Refuse(CoreFixture.Repository, Of("alice"));
        _tickets.RecordRefs(CoreFixture.Repository, Of("alice"), new RefListing(All, [Branch(s_one)]), before);
        Assert.Null(Recorded("alice"));
    }

    [Fact]
    public void Record_IsNever_WhenItsTimeIsZero()
    {
        var tickets = new AccessTickets(_time, TimeSpan.FromSeconds(30));
        tickets.RecordRefs(CoreFixture.Repository, Of("alice"), new RefListing(All, [Branch(s_one)]), tickets.Now);
        Assert.Null(tickets.FindRecorded(CoreFixture.Repository, Of("alice")));
    }

    [Fact]
    public void Record_IsKept_WhenTicketsAreOff()
    {
        var tickets = new AccessTickets(_time, TimeSpan.Zero, s_serveFor);
        tickets.RecordRefs(CoreFixture.Repository, Of("alice"), new RefListing(All, [Branch(s_one)]), tickets.Now);
        Assert.Null(tickets.Find(CoreFixture.Repository, Of("alice")));
        Assert.NotNull(tickets.FindRecorded(CoreFixture.Repository, Of("alice")));
    }

    [Fact]
    public void Answer_IsGivenOnlyWhereOneCoversTheQuestion()
    {
        Show("alice", Asked("refs/heads/"), Branch(s_one));
        Assert.NotNull(Recorded("alice")!.Answer(Asked("refs/heads/topic/")));
        Assert.Null(Recorded("alice")!.Answer(Asked("refs/heads/", "refs/tags/")));
        Assert.Null(Recorded("alice")!.Answer(All));
        Assert.Null(Recorded("alice")!.Answer(Asked("refs/heads/") with { Symrefs = true, ObjectFormat = ObjectFormat.Sha256 }));
    }

    [Fact]
    public void Answer_HasTheFormThatIsAsked()
    {
        var tag = new RefTip("refs/tags/v1", s_tag, s_one, null);
        var head = new RefTip("HEAD", s_one, null, "refs/heads/main");
        Show("alice", All, head, Branch(s_one), tag);
        Assert.Equal([head, Branch(s_one), tag], Told("alice", All));
        Assert.Equal([head with { SymrefTarget = null }, Branch(s_one), tag with { Peeled = null }], Told("alice", new LsRefsRequest()));
        Assert.Equal([tag], Told("alice", Asked("refs/tags/")));
        Assert.Null(Told("bob", All));
    }

    [Fact]
    public void Answer_IsNotGiven_WhenItWasAskedForLess()
    {
        Show("alice", new LsRefsRequest(), Branch(s_one));
        Assert.Null(Recorded("alice")!.Answer(All));
        Assert.NotNull(Recorded("alice")!.Answer(new LsRefsRequest()));
    }

    [Fact]
    public void UnbornHead_IsTold_WhereItWasAskedFor()
    {
        LsRefsRequest unborn = All with { Unborn = true };
        Show("alice", All);
        Assert.Null(Recorded("alice")!.Answer(unborn));
        _tickets.RecordRefs(
            CoreFixture.Repository,
            Of("alice"),
            new RefListing(unborn, []) { UnbornHeadTarget = "refs/heads/main" },
            _tickets.Now
        );
        Assert.Equal("refs/heads/main", Recorded("alice")!.Answer(unborn)!.Listing.UnbornHeadTarget);
    }

    [Fact]
    public void Answer_IsOfTheRefsLastShown_ThoughANewerOneSaidLess()
    {
        var tag = new RefTip("refs/tags/v1", s_tag, s_one, null);
        Show(
            "alice",
            All,
            new RefTip("HEAD", s_one, null, "refs/heads/main"),
            Branch(s_one),
            new RefTip("refs/heads/gone", s_one, null, null),
            tag
        );
        _time.Turn(TimeSpan.FromSeconds(5));
        Show("alice", new LsRefsRequest { RefPrefixes = ["refs/heads/"] }, Branch(s_two));
        Assert.Equal([new RefTip("HEAD", s_one, null, "refs/heads/main"), Branch(s_two), tag], Told("alice", All));

        // The target of a moved tag is unknown.
        Show("alice", new LsRefsRequest { RefPrefixes = ["refs/tags/"] }, tag with { Id = s_two, Peeled = null });
        Assert.Null(Told("alice", All));
    }

    [Fact]
    public void Answer_IsNotGiven_WhereItWouldLackWhatAFullerOneShows()
    {
        // A server that heeds fewer prefixes than it was asked by shows nothing of the others.
        Show("alice", All, Branch(s_one), new RefTip("refs/heads/topic", s_one, null, null));
        _time.Turn(TimeSpan.FromSeconds(5));
        Show("alice", Asked("refs/heads/"));
        Assert.Null(Told("alice", Asked("refs/heads/")));
        Assert.Null(Told("alice", Asked("refs/heads/topic")));
        Assert.Null(Told("alice", All));

        // It does not take the fuller one's place when it is asked again, nor do wider ones.
        _time.Turn(TimeSpan.FromSeconds(5));
        Show("alice", Asked("refs/heads/"));
        Show("alice", Asked("refs/", "HEAD"));
        Assert.Null(Told("alice", Asked("refs/heads/")));

        // A listing without refs counts only if the question was for everything.
        Show("alice", All);
        Assert.Empty(Told("alice", Asked("refs/heads/"))!);
    }

    [Fact]
    public void Answer_HasNoMoreTheRefsThatWereSeenToGo()
    {
        Show("alice", Asked("refs/heads/", "refs/tags/"), Branch(s_one), new RefTip("refs/heads/topic", s_one, null, null));
        _time.Turn(TimeSpan.FromSeconds(5));
        Show("alice", Asked("refs/heads/", "HEAD"), Branch(s_two));
        Assert.Equal([Branch(s_two)], Told("alice", Asked("refs/heads/")));
        Assert.Equal([Branch(s_two)], Told("alice", Asked("refs/heads/", "refs/tags/")));
    }

    [Fact]
    public void Question_WithAPrefixThatAllNamesBeginWith_IsNotOneWithoutPrefixes()
    {
        Show("alice", Asked(""), Branch(s_one));
        Assert.Null(Told("alice", All));
        Assert.Equal([Branch(s_one)], Told("alice", Asked("refs/heads/")));
    }

    [Fact]
    public void QuestionsForEverNewNames_DoNotPushOutWhatShowsMore()
    {
        Show("alice", Asked("refs/heads/", "refs/tags/"), Branch(s_one));
        for (int i = 0; i < 100; i++)
        {
            _time.Turn(TimeSpan.FromSeconds(1));
            Show("alice", Asked($"refs/notes/{i}"));
        }

        Assert.Equal([Branch(s_one)], Told("alice", Asked("refs/heads/", "refs/tags/")));
    }

    [Fact]
    public void Advertisement_IsOfItsVersionOnly()
    {
        var listing = new RefListing(All, [Branch(s_one)]) { IsOfShallow = false, Older = new V0Advertisement(0, "multi_ack", []) };
        _tickets.RecordRefs(CoreFixture.Repository, Of("alice"), listing, _tickets.Now);
        Assert.NotNull(Recorded("alice")!.Advertisement(0));
        Assert.Null(Recorded("alice")!.Advertisement(1));
        Assert.Null(Recorded("alice")!.Answer(All));
        Show("alice", All, Branch(s_two));
        Assert.Equal([Branch(s_two)], Recorded("alice")!.Advertisement(0)!.Listing.Tips);
    }

    [Fact]
    public void Push_BringsTheRecordForward_ForWhoSeesItsRefs()
    {
        Show("alice", All, new RefTip("HEAD", s_one, null, "refs/heads/main"), Branch(s_one));
        Show("bob", All, Branch(s_one));
        _time.Turn(TimeSpan.FromSeconds(1));
        _tickets.NotePush(
            CoreFixture.Repository,
            Of("alice"),
            [new PushedRef("refs/heads/main", s_two), new PushedRef("refs/heads/new", s_two)]
        );
        Assert.Equal(
            [new RefTip("HEAD", s_two, null, "refs/heads/main"), Branch(s_two), new RefTip("refs/heads/new", s_two, null, null)],
            Told("alice", All)
        );
        Assert.Equal([Branch(s_two)], Told("bob", All));

        // A ticket rests on the primary's word alone.
        Assert.True(_tickets.Find(CoreFixture.Repository, Of("bob"))!.Shows([s_one]));
        Assert.False(_tickets.Find(CoreFixture.Repository, Of("bob"))!.Shows([s_two]));
    }

    [Fact]
    public void Push_BeforeTheRecord_ChangesNothing()
    {
        _tickets.NotePush(CoreFixture.Repository, Of("alice"), [new PushedRef("refs/heads/main", s_two)]);
        _time.Turn(TimeSpan.FromSeconds(1));
        Show("alice", All, Branch(s_one));
        Assert.Equal([Branch(s_one)], Told("alice", All));
    }

    [Fact]
    public void Push_OfATag_EndsTheRecord_ForNobodySaidWhatItPointsTo()
    {
        Show("alice", All, Branch(s_one), new RefTip("refs/tags/v1", s_tag, s_one, null));
        _time.Turn(TimeSpan.FromSeconds(1));
        _tickets.NotePush(CoreFixture.Repository, Of("bob"), [new PushedRef("refs/tags/v1", s_two)]);
        Assert.Null(Told("alice", All));
    }

    [Fact]
    public void Push_ThatDeletes_TakesTheRefAway()
    {
        Show("alice", All, Branch(s_one), new RefTip("refs/heads/topic", s_two, null, null));
        _time.Turn(TimeSpan.FromSeconds(1));
        _tickets.NotePush(CoreFixture.Repository, Of("bob"), [new PushedRef("refs/heads/topic", null)]);
        Assert.Equal([Branch(s_one)], Told("alice", All));
    }

    [Fact]
    public void EqualListings_OfDifferentForm_AreNotTakenForOneAnother()
    {
        Show("alice", new LsRefsRequest { Peel = true }, Branch(s_one));
        Show("bob", new LsRefsRequest { Peel = true, Symrefs = true }, Branch(s_one));
        Assert.NotNull(Told("bob", All));
        Assert.Null(Told("alice", All));
    }

    private static LsRefsRequest All => LsRefsRequest.All(ObjectFormat.Sha1);

    private static LsRefsRequest Asked(params string[] prefixes) => All with { RefPrefixes = prefixes };

    private static RefTip Branch(ObjectId id) => new("refs/heads/main", id, null, null);

    private Credential Of(string user) => _digester.Digest([new("user", user)]);

    private RecordedAccess? Recorded(string user) => _tickets.FindRecorded(CoreFixture.Repository, Of(user));

    private IReadOnlyList<RefTip>? Told(string user, LsRefsRequest asked) => Recorded(user)?.Answer(asked)?.Listing.Tips;

    private void Show(string user, LsRefsRequest asked, params RefTip[] tips) =>
        _tickets.RecordRefs(CoreFixture.Repository, Of(user), new RefListing(asked, tips), _tickets.Now);
}
