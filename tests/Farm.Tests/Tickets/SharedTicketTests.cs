using Waystation.CacheStore;
using Waystation.Farm.Tickets;
using Waystation.FetchCore.Access.Recording;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Tests;

namespace Waystation.Farm.Tests.Tickets;

/// <summary>Two nodes, whose tickets are one.</summary>
public sealed class SharedTicketTests : IDisposable
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly Medium _medium = new();
    private readonly ManualTime _time = new();
    private readonly TicketNode _one;
    private readonly TicketNode _other;

    public SharedTicketTests()
    {
        _one = new TicketNode(_medium, "one", _time);
        _other = new TicketNode(_medium, "other", _time);
    }

    [Fact]
    public async Task Listing_ThatOneNodeGot_CountsAtTheOther_UntilItsTimeIsOver()
    {
        _one.Show("alice");
        _time.Turn(TimeSpan.FromSeconds(20));
        Assert.True(await _other.AllowsAsync("alice"));
        _time.Turn(TimeSpan.FromSeconds(11));
        Assert.False(await _other.AllowsAsync("alice"));
    }

    [Fact]
    public async Task Listing_CountsForItsCredentialAndRepositoryOnly()
    {
        _one.Show("alice");
        Assert.False(await _other.AllowsAsync("bob"));
        Assert.False(await _other.AllowsAsync(""));
        RepositoryName elsewhere = TicketNode.Repository with { Path = "team/other.git" };
        Assert.False(await _other.Tickets.RecallAsync(elsewhere, _other.Of("alice"), AnswerKinds.All, CancellationToken.None));
    }

    [Fact]
    public async Task Capabilities_ThatOneNodeGot_AreShownByTheOther()
    {
        _one.Accept("alice");
        Assert.NotNull(await _other.Tickets.FindCapabilitiesAsync(TicketNode.Repository, _other.Of("alice"), CancellationToken.None));
        Assert.Null(await _other.Tickets.FindCapabilitiesAsync(TicketNode.Repository, _other.Of("bob"), CancellationToken.None));
    }

    [Fact]
    public async Task NodeWithATicket_DoesNotAskRedis()
    {
        _other.Accept("alice");
        Assert.NotNull(await _other.Tickets.FindCapabilitiesAsync(TicketNode.Repository, _other.Of("alice"), CancellationToken.None));
        Assert.Equal(0, _other.At.Finds);
    }

    [Fact]
    public async Task Refusal_AtOneNode_EndsEverythingAtAll()
    {
        _one.Show("alice");
        Assert.True(await _other.AllowsAsync("alice"));
        _other.Refuse("alice");
        Assert.False(await _one.AllowsAsync("alice"));
        Assert.False(await _other.AllowsAsync("alice"));
        Assert.False(await _one.RecordsAsync("alice"));
        Assert.False(await _other.RecordsAsync("alice"));
    }

    /// <summary>A node that does not know the refusal keeps the entry alive no longer than it hears of it.</summary>
    [Fact]
    public async Task EntryFromBeforeARefusal_CountsNoMore_HoweverOftenItIsWrittenAgain()
    {
        _one.Show("alice");
        KeyValuePair<string, byte[]>[] before = [.. _medium.Values];
        using var third = new TicketNode(_medium, "third", _time);
        third.Refuse("alice");
        using var later = new TicketNode(_medium, "later", _time);
        foreach (KeyValuePair<string, byte[]> entry in before)
        {
            _medium.Values[entry.Key] = entry.Value;
        }

        foreach (TicketNode node in (TicketNode[])[_one, _other, third, later])
        {
            Assert.False(await node.AllowsAsync("alice"));
        }
    }

    [Fact]
    public async Task AcceptanceAfterTheRefusal_CountsAgain()
    {
        _one.Show("alice");
        _other.Refuse("alice");
        _time.Turn(s_second);
        _one.Show("alice");
        using var third = new TicketNode(_medium, "third", _time);
        Assert.True(await _one.AllowsAsync("alice"));
        Assert.True(await third.AllowsAsync("alice"));
        Assert.True(await _other.AllowsAsync("alice"));
    }

    /// <summary>The clocks say that the acceptance is newer; the order of announcements says that nobody knows.</summary>
    [Fact]
    public async Task NodeThatWasRefusedItself_TakesNothingThatMayBeOlder()
    {
        _one.At.IsLate = true;
        _other.At.IsLate = true;
        _one.Show("alice");
        _other.Refuse("alice");
        _time.Turn(s_second);
        _one.Show("alice", id: 2);
        Assert.False(await _other.AllowsAsync("alice"));
        Assert.False(await _other.AllowsAsync("alice", id: 2));
        _other.At.CatchUp();
        Assert.False(await _other.AllowsAsync("alice", id: 2));
        _one.At.CatchUp();
        Assert.False(await _one.AllowsAsync("alice"));
    }

    [Fact]
    public async Task RefusalThatIsHeardWhileAnEntryIsOnItsWay_EndsIt()
    {
        _one.Show("alice");
        using var third = new TicketNode(_medium, "third", _time);
        _other.At.WhileFinding = () => third.Refuse("alice");
        Assert.False(await _other.AllowsAsync("alice"));
    }

    [Fact]
    public async Task RefusalOfPushing_EndsTheTicketEverywhere_AndNoRecord()
    {
        _one.Show("alice");
        Assert.True(await _other.AllowsAsync("alice"));
        using var third = new TicketNode(_medium, "third", _time);
        _one.Tickets.Doubt(TicketNode.Repository, _one.Of("alice"));
        foreach (TicketNode node in (TicketNode[])[_one, _other, third])
        {
            Assert.False(await node.AllowsAsync("alice"));
            Assert.True(await node.RecordsAsync("alice"));
        }
    }

    [Fact]
    public async Task WhileANodeDoesNotHear_NoTicketCountsThere()
    {
        _one.Show("alice");
        _one.Accept("alice");
        Assert.True(await _other.AllowsAsync("alice"));
        foreach (TicketNode node in (TicketNode[])[_one, _other])
        {
            node.At.IsHearing = false;
            Assert.False(await node.AllowsAsync("alice"));
            Assert.Null(node.Tickets.FindCapabilities(TicketNode.Repository, node.Of("alice")));
            Assert.True(await node.RecordsAsync("alice"));
            node.At.IsHearing = true;
            Assert.True(await node.AllowsAsync("alice"));
        }
    }

    [Fact]
    public async Task MissedAnnouncements_EndEverythingThatWasKnownBefore()
    {
        _one.Show("alice");
        Assert.True(await _other.AllowsAsync("alice"));
        _other.At.IsLate = true;
        _one.Refuse("alice");
        Assert.True(await _other.AllowsAsync("alice"));
        _other.At.Miss();
        Assert.False(await _other.AllowsAsync("alice"));
        Assert.False(await _other.RecordsAsync("alice"));
        _time.Turn(s_second);
        _one.Show("alice");
        Assert.True(await _other.AllowsAsync("alice"));
    }

    [Fact]
    public async Task ClocksThatDiffer_ChangeTheAgeAndNothingElse()
    {
        using var behind = new TicketNode(_medium, "behind");
        behind.Time.Jump(TimeSpan.FromSeconds(-4));
        using var wrong = new TicketNode(_medium, "wrong");
        wrong.Time.Jump(TimeSpan.FromSeconds(-20));
        using var ahead = new TicketNode(_medium, "ahead");
        ahead.Time.Jump(TimeSpan.FromSeconds(31));
        _one.Show("alice");
        Assert.True(await behind.AllowsAsync("alice"));
        Assert.False(await wrong.AllowsAsync("alice"));
        Assert.False(await ahead.AllowsAsync("alice"));
        _other.Refuse("alice");
        Assert.False(await behind.AllowsAsync("alice"));
    }

    [Fact]
    public async Task InAnOutage_ANodeThatNeverSawTheClient_HasItsRecord_BroughtForwardByPushesElsewhere()
    {
        _one.Show("alice");
        _time.Turn(TimeSpan.FromMinutes(5));
        Assert.False(await _other.AllowsAsync("alice"));
        Assert.True(await _other.RecordsAsync("alice"));
        using var third = new TicketNode(_medium, "third", _time);
        _time.Turn(s_second);
        third.Tickets.NotePush(TicketNode.Repository, third.Of("bob"), [new PushedRef("refs/heads/main", TicketNode.Id(2))]);
        Assert.True(await _one.RecordsAsync("alice", id: 2));
        Assert.True(await _other.RecordsAsync("alice", id: 2));
        _time.Turn(TimeSpan.FromMinutes(5));
        Assert.False(await _other.RecordsAsync("alice"));
    }

    [Fact]
    public async Task PushOfMoreRefsThanAreAnnounced_EndsOlderRecords()
    {
        _one.Show("alice");
        Assert.True(await _other.RecordsAsync("alice"));
        _time.Turn(s_second);
        _one.Tickets.NotePush(
            TicketNode.Repository,
            _one.Of("bob"),
            [.. Enumerable.Range(0, 300).Select(static number => new PushedRef($"refs/heads/{number}", TicketNode.Id(number + 1)))]
        );
        Assert.False(await _other.RecordsAsync("alice"));
    }

    /// <summary>A listing of all branches and one of a single branch do not displace each other.</summary>
    [Fact]
    public async Task WideAndNarrowListing_AreBothThere()
    {
        _one.Show("alice", id: 1, "refs/heads/");
        _one.Show("alice", id: 2, "refs/heads/topic");
        Assert.True(await _other.AllowsAsync("alice", id: 1));
        Assert.True(await _other.AllowsAsync("alice", id: 2));
    }

    /// <summary>During a rotation nodes digest credentials differently: no entry of the other is found, refusals reach further.</summary>
    [Fact]
    public async Task NodeWithAnotherSecret_SharesNothing_ButItsRefusalsEndTheTicketsOfTheRepository()
    {
        using var rotated = new TicketNode(_medium, "rotated", _time, "the-second-secret-of-this-farm-987654321", TicketNode.Secret);
        _one.Show("alice");
        _one.Show("");
        Assert.False(await rotated.AllowsAsync("alice"));
        rotated.Refuse("");
        Assert.True(await _one.AllowsAsync("alice"));
        Assert.False(await _one.AllowsAsync(""));
        rotated.Refuse("carol");
        _time.Turn(RefusalOutbox.Moment);
        Assert.False(await _one.AllowsAsync("alice"));
        Assert.False(await _other.AllowsAsync("alice"));
        _time.Turn(s_second);
        _one.Show("alice");
        Assert.True(await _other.AllowsAsync("alice"));
    }

    [Fact]
    public async Task AnnouncementThatCannotBeRead_EndsEverything()
    {
        _one.Show("alice");
        KeyValuePair<string, byte[]>[] before = [.. _medium.Values];
        Assert.True(await _other.AllowsAsync("alice"));
        _medium.Announce("newer", RefusalOutbox.Kind, new byte[] { 2, 0, 0 });
        Assert.Equal(before, _medium.Values);
        Assert.False(await _one.AllowsAsync("alice"));
        Assert.False(await _other.AllowsAsync("alice"));
    }

    [Fact]
    public void EqualListing_IsWrittenOnceInAWhile()
    {
        _one.Show("alice");
        _medium.Values.Clear();
        _one.Show("alice");
        Assert.Empty(_medium.Values);
        _one.Show("alice", id: 2);
        Assert.Single(_medium.Values);
        _medium.Values.Clear();
        _time.Turn(TicketNode.Times.Fresh + s_second);
        _one.Show("alice", id: 2);
        Assert.Single(_medium.Values);
    }

    public void Dispose()
    {
        _one.Dispose();
        _other.Dispose();
    }
}
