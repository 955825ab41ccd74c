using Waystation.Farm.Secrets;
using Waystation.Farm.Tickets;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Tests;

namespace Waystation.Farm.Tests.Tickets;

public sealed class RefusalOutboxTests : IDisposable
{
    private readonly Medium _medium = new();
    private readonly ManualTime _time = new();
    private readonly TicketNode _node;

    public RefusalOutboxTests() => _node = new TicketNode(_medium, "one", _time);

    [Fact]
    public void FirstRefusal_IsAnnouncedAtOnce()
    {
        _node.Refuse("alice");
        Assert.Single(_medium.Announced);
    }

    [Fact]
    public void Herd_CostsAFewAnnouncementsASecond_AndTheLastOneGoesOut()
    {
        for (int i = 0; i < 1_000; i++)
        {
            _node.Refuse("");
            _time.Turn(TimeSpan.FromMilliseconds(1));
        }

        Assert.InRange(_medium.Announced.Count, 2, 6);
        int before = _medium.Announced.Count;
        _node.Refuse("");
        _time.Turn(RefusalOutbox.Moment);
        Assert.Equal(before + 1, _medium.Announced.Count);
        _time.Turn(TimeSpan.FromMinutes(1));
        Assert.Equal(before + 1, _medium.Announced.Count);
    }

    [Fact]
    public void ManyUsers_AreAllTold_WithinASecond()
    {
        for (int i = 0; i < 4_000; i++)
        {
            _node.Refuse($"user {i}");
        }

        _time.Turn(TimeSpan.FromSeconds(1));
        RefusalNotice[] told =
        [
            .. _medium.Announced.SelectMany(static announced => NoticeCodec.ReadRefusals(announced.Content.Span)!.Value.Refusals),
        ];
        Assert.Equal(4_000, told.Distinct().Count());
        Assert.Equal(4_000, told.Length);
    }

    [Fact]
    public async Task MoreThanCanBeTold_EndEverything()
    {
        using var other = new TicketNode(_medium, "other", _time);
        other.Show("alice");
        for (int i = 0; i < RefusalOutbox.MaxWaiting + 10; i++)
        {
            _node.Refuse($"user {i}");
        }

        Assert.True(await other.AllowsAsync("alice"));
        _time.Turn(RefusalOutbox.Moment);
        Assert.False(await other.AllowsAsync("alice"));
        Assert.Equal(2, _medium.Announced.Count);
    }

    [Fact]
    public void Refusals_HaveTheKeyOfTheirCredentials()
    {
        _node.Tickets.Doubt(TicketNode.Repository, _node.Of("alice"));
        (uint key, IReadOnlyList<RefusalNotice> refusals) = NoticeCodec.ReadRefusals(_medium.Announced[0].Content.Span)!.Value;
        Assert.Equal(new FarmSecrets([TicketNode.Secret]).Id, key);
        Assert.Equal(new RefusalNotice(RefusalKind.Doubt, TicketNode.Repository, _node.Of("alice")), Assert.Single(refusals));
    }

    public void Dispose() => _node.Dispose();
}
