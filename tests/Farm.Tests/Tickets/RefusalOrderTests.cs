using Waystation.CacheStore;
using Waystation.Farm.Announcements;
using Waystation.Farm.Tickets;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;

namespace Waystation.Farm.Tests.Tickets;

public sealed class RefusalOrderTests
{
    private readonly CredentialDigester _digester = new();
    private readonly RefusalOrder _order = new(capacity: 4);

    [Fact]
    public void Refusal_EndsWhatStoodBeforeIt_OfItsKind()
    {
        Note("alice", 5);
        Assert.False(Allows("alice", 4));
        Assert.True(Allows("alice", 5));
        Assert.True(Allows("bob", 4));
        Assert.True(_order.Allows(TicketNode.Repository, Of("alice"), RefusalKind.Lfs, At(4)));
    }

    [Fact]
    public void RefusalOfThisNode_EndsEverything_UntilItsPlaceIsKnown()
    {
        _order.NoteOwn(Notice("alice"), isAnnounced: true, At(5));
        Assert.False(Allows("alice", 1_000));
        Assert.True(Allows("bob", 1));
        _order.PlaceOwn(Notice("alice"), At(7));
        Assert.False(Allows("alice", 6));
        Assert.True(Allows("alice", 7));
    }

    [Fact]
    public void PlaceOfAnEarlierRefusalOfThisNode_SaysNothingOfTheLaterOne()
    {
        _order.NoteOwn(Notice("alice"), isAnnounced: true, At(5));
        _order.NoteOwn(Notice("alice"), isAnnounced: true, At(5));
        _order.NoteOwn(Notice("alice"), isAnnounced: false, At(5));
        _order.PlaceOwn(Notice("alice"), At(7));
        Note("alice", 8);
        Assert.False(Allows("alice", 8));
        _order.PlaceOwn(Notice("alice"), At(9));
        Assert.False(Allows("alice", 8));
        Assert.True(Allows("alice", 9));
    }

    [Fact]
    public void ForgottenRefusal_EndsEverythingThatStoodBeforeIt()
    {
        for (int i = 1; i <= 5; i++)
        {
            Note($"user {i}", i);
        }

        Assert.False(Allows("user 1", 0));
        Assert.False(Allows("bob", 0));
        Assert.True(Allows("user 1", 1));
        Assert.False(Allows("user 3", 2));
    }

    [Fact]
    public void ForgottenRefusalOfThisNode_EndsEverythingUntilThen()
    {
        _order.NoteOwn(Notice("alice"), isAnnounced: true, At(1));
        for (int i = 2; i <= 5; i++)
        {
            Note($"user {i}", i);
        }

        Assert.False(Allows("alice", 4));
        Assert.False(Allows("bob", 4));
        Assert.True(Allows("alice", 5));
    }

    [Fact]
    public void RefusalOfANodeWithAnotherKey_EndsAllOfTheRepository()
    {
        _order.Note(new RefusalScope.Many(TicketNode.Repository, IsAnonymous: false), RefusalKind.Reading, At(5));
        Assert.False(Allows("alice", 4));
        Assert.True(_order.Allows(TicketNode.Repository, _digester.Digest([]), RefusalKind.Reading, At(4)));
        Assert.True(_order.Allows(new RepositoryName("git.example.com", "other"), Of("alice"), RefusalKind.Reading, At(4)));
    }

    private static AnnouncementPosition At(long place) => new(place, 0);

    private Credential Of(string user) => _digester.Digest([new("header authorization", user)]);

    private RefusalNotice Notice(string user) => new(RefusalKind.Reading, TicketNode.Repository, Of(user));

    private void Note(string user, long place) =>
        _order.Note(new RefusalScope.One(TicketNode.Repository, Of(user)), RefusalKind.Reading, At(place));

    private bool Allows(string user, long place) => _order.Allows(TicketNode.Repository, Of(user), RefusalKind.Reading, At(place));
}
