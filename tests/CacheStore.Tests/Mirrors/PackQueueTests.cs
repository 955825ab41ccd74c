using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Mirrors.Packing;
using Waystation.TestKit.Servers;

namespace Waystation.CacheStore.Tests.Mirrors;

/// <summary>The order in which git makes the packs of known clients and of strangers.</summary>
public sealed class PackQueueTests
{
    private static readonly PackRequester s_alice = Known("alice"),
        s_bob = Known("bob"),
        s_crawler = Stranger("crawler"),
        s_visitor = Stranger("visitor");

    private readonly List<string> _order = [];
    private int _repositories;

    [Fact]
    public async Task KnownClients_GoBeforeStrangers_AndNoStrangerStarves()
    {
        PackObjectsLimiter turns = TurnsOf(maxWaiting: 100);
        PackObjectsPermit held = await EnterAsync(turns, s_alice);
        Task[] all = [.. Wait(turns, s_crawler, 3), .. Wait(turns, s_alice, 10)];
        held.Dispose();
        await Task.WhenAll(all);
        Assert.Equal(
            ["alice", "alice", "alice", "alice", "crawler", "alice", "alice", "alice", "alice", "crawler", "alice", "alice", "crawler"],
            _order
        );
    }

    [Fact]
    public async Task Credentials_TakeTurns_HoweverManyPacksOneOfThemWants()
    {
        PackObjectsLimiter turns = TurnsOf(maxWaiting: 100);
        PackObjectsPermit held = await EnterAsync(turns, Known("holder"));
        Task[] all = [.. Wait(turns, s_alice, 6), .. Wait(turns, s_bob, 3)];
        held.Dispose();
        await Task.WhenAll(all);
        Assert.Equal(["alice", "bob", "alice", "bob", "alice", "bob", "alice", "alice", "alice"], _order);
    }

    [Fact]
    public async Task CredentialThatHadManyPacks_WaitsBehindOneThatComes()
    {
        PackObjectsLimiter turns = TurnsOf(maxWaiting: 100);
        for (int i = 0; i < 20; i++)
        {
            (await EnterAsync(turns, s_crawler)).Dispose();
        }

        PackObjectsPermit held = await EnterAsync(turns, s_crawler);
        Task[] all = [.. Wait(turns, s_crawler, 2), .. Wait(turns, s_visitor, 2)];
        held.Dispose();
        await Task.WhenAll(all);
        Assert.Equal(["visitor", "crawler", "visitor", "crawler"], _order);
    }

    [Fact]
    public async Task FullQueue_SendsTheLongestLineAway_StrangersFirst()
    {
        PackObjectsLimiter turns = TurnsOf(maxWaiting: 5);
        PackObjectsPermit held = await EnterAsync(turns, s_alice);
        Task[] crawler = [.. Wait(turns, s_crawler, 5)];
        await Assert.ThrowsAsync<TooManyWaitingException>(() => EnterAsync(turns, s_crawler));

        // The last of the crawler's requests make room: for another stranger until both have as many, and for any known client.
        Task[] visitor = [.. Wait(turns, s_visitor, 2)];
        await Assert.ThrowsAsync<TooManyWaitingException>(() => crawler[4]);
        await Assert.ThrowsAsync<TooManyWaitingException>(() => crawler[3]);
        Assert.All(crawler.Take(3), static one => Assert.False(one.IsCompleted));
        await Assert.ThrowsAsync<TooManyWaitingException>(() => EnterAsync(turns, s_visitor));
        Task[] alice = [.. Wait(turns, s_alice, 5)];
        foreach (Task away in crawler.Concat(visitor))
        {
            await Assert.ThrowsAsync<TooManyWaitingException>(() => away);
        }

        // Among known clients it is the same.
        await Assert.ThrowsAsync<TooManyWaitingException>(() => EnterAsync(turns, s_crawler));
        await Assert.ThrowsAsync<TooManyWaitingException>(() => EnterAsync(turns, s_alice));
        Task[] bob = [.. Wait(turns, s_bob, 2)];
        await Assert.ThrowsAsync<TooManyWaitingException>(() => alice[4]);
        await Assert.ThrowsAsync<TooManyWaitingException>(() => alice[3]);
        held.Dispose();
        await Task.WhenAll(alice.Take(3).Concat(bob));
        Assert.Equal((3, 2), (_order.Count(static who => who == "alice"), _order.Count(static who => who == "bob")));
        Assert.Equal((0, 0), (turns.Making, turns.Waiting));
    }

    [Fact]
    public async Task RequestOfAStranger_GoesWithTheKnown_OnceAKnownClientWantsItToo()
    {
        PackObjectsLimiter turns = TurnsOf(maxWaiting: 100);
        PackObjectsPermit held = await EnterAsync(turns, s_alice);
        bool isStranger = true;
        Task[] all =
        [
            .. Wait(turns, s_crawler, 1),
            .. Wait(turns, new PackRequester("joined", () => isStranger), 1),
            .. Wait(turns, Known("late"), 1),
        ];
        isStranger = false;
        held.Dispose();
        await Task.WhenAll(all);
        Assert.Equal(["joined", "late", "crawler"], _order);
    }

    [Fact]
    public async Task Strangers_TakeAllPlaces_WhenNobodyElseWaits_ButNotForLong()
    {
        PackObjectsLimiter turns = TurnsOf(maxWaiting: 100, maxPacks: 4);
        List<PackObjectsPermit> making = [];
        for (int i = 0; i < 4; i++)
        {
            making.Add(await EnterAsync(turns, s_crawler));
        }

        Task<PackObjectsPermit>[] more = [.. Enumerable.Range(0, 8).Select(_ => EnterAsync(turns, s_crawler))],
            known = [.. Enumerable.Range(0, 8).Select(_ => EnterAsync(turns, s_alice))];
        making.ForEach(static one => one.Dispose());

        // Four known clients in a row, and then it would be a stranger's turn.
        Assert.Equal((0, 4), (more.Count(static one => one.IsCompleted), known.Count(static one => one.IsCompleted)));
        for (int i = 0; i < 8; i++)
        {
            (await known[i]).Dispose();
        }

        await Eventually.TrueAsync("strangers have all places again", () => more.Count(static one => one.IsCompleted) == 4);
    }

    [Fact]
    public void QuarterOfThePlacesElsewhere_IsForKnownClients()
    {
        PackObjectsLimiter turns = TurnsOf(maxWaiting: 0);
        List<IDisposable> strangers = [];
        while (turns.TryGoElsewhere(isStranger: true) is { } place)
        {
            strangers.Add(place);
        }

        Assert.Equal(3, strangers.Count);
        IDisposable? known = turns.TryGoElsewhere();
        Assert.NotNull(known);
        Assert.Null(turns.TryGoElsewhere());
        strangers.ForEach(static one => one.Dispose());
        known.Dispose();
        Assert.NotNull(turns.TryGoElsewhere(isStranger: true));
    }

    private static PackRequester Known(string name) => new(name, static () => false);

    private static PackRequester Stranger(string name) => new(name, static () => true);

    private static PackObjectsLimiter TurnsOf(int maxWaiting, int maxPacks = 1) =>
        new(
            new MirrorOptions
            {
                MaxPacks = maxPacks,
                MaxPacksPerRepository = maxPacks,
                MaxWaiting = maxWaiting,
            }
        );

    private Task<PackObjectsPermit> EnterAsync(PackObjectsLimiter turns, PackRequester who) =>
        turns.EnterAsync(new RepositoryName("git.example", $"{_repositories++}.git"), who, CancellationToken.None);

    /// <summary>Requests that each give their turn back at once.</summary>
    private IEnumerable<Task> Wait(PackObjectsLimiter turns, PackRequester who, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => TakeAsync(EnterAsync(turns, who), (string)who.Credential))];

    private async Task TakeAsync(Task<PackObjectsPermit> turn, string who)
    {
        using PackObjectsPermit permit = await turn;
        _order.Add(who);
    }
}
