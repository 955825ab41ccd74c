using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Tests.Observing;

/// <summary>The fetches under way: their phases while they last, and the news of their beginnings and ends.</summary>
public sealed class LiveFetchesTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly Meter _meter = new("live fetches");
    private readonly LiveFetches _live = new();
    private readonly CredentialDigester _digester = new();
    private readonly FetchObserver _observer;

    public LiveFetchesTests() =>
        _observer = new FetchObserver(
            new FetchMeters(_meter),
            new RecentFetches(),
            new RepositoryTallies(_time),
            _live,
            _time,
            NullLogger<FetchObserver>.Instance
        );

    [Fact]
    public void Fetch_IsShown_FromItsRequestToItsEnd_WithItsPhase()
    {
        ObservedFetch fetch = Begin();
        Assert.Empty(_live.Now());
        Turn(1);
        fetch.Asked(2, CoreFixture.Clone(CoreFixture.Id(1)));
        AssertPhase(FetchPhase.FirstByte, 0, 1);
        using (fetch.Measure(FetchPhase.Access))
        {
            Turn(2);
            AssertPhase(FetchPhase.Access, 2, 3);
        }

        using (fetch.Measure(FetchPhase.Turn))
        {
            Turn(4);
            AssertPhase(FetchPhase.Turn, 4, 7);
        }

        Turn(8);
        AssertPhase(FetchPhase.FirstByte, 8, 15);
        fetch.Missed(MissReason.NoMirror);
        fetch.Served(FetchOutcome.Forward, isKept: true, refsAge: null);
        fetch.Sent(100);
        Turn(16);
        fetch.Sent(50);
        AssertPhase(FetchPhase.Send, 16, 31);
        LiveFetch shown = Assert.Single(_live.Now());
        Assert.Equal((150, FetchOutcome.Forward, MissReason.NoMirror), (shown.Bytes, shown.Outcome, shown.Miss));
        Assert.Equal((1, "test", CoreFixture.Repository, 2), (shown.Id, shown.Door, shown.Repository, shown.ProtocolVersion));
        Assert.Equal(new AskedFetch(true, 1, 0, 0, null, null, null), shown.Asked);
        fetch.Dispose();
        Assert.Empty(_live.Now());
        Assert.Equal(0, _live.Count);
    }

    [Fact]
    public void Miss_IsTold_OnlyOfAPackThatTheMirrorDidNotMake()
    {
        using LiveReader reader = _live.TryOpen()!;
        foreach (FetchOutcome outcome in Enum.GetValues<FetchOutcome>())
        {
            using ObservedFetch fetch = Begin();
            fetch.Missed(MissReason.MirrorBehind);
            fetch.Served(outcome, isKept: false, refsAge: null);
        }

        List<(FetchOutcome?, MissReason?)> told = [];
        while (reader.TryRead(out _, out LiveEvent? next))
        {
            told.Add((next.Ended!.Outcome, next.Ended.Miss));
        }

        Assert.Equal(
            [
                (FetchOutcome.Hit, null),
                (FetchOutcome.Join, null),
                (FetchOutcome.Local, null),
                (FetchOutcome.Peer, MissReason.MirrorBehind),
                (FetchOutcome.Forward, MissReason.MirrorBehind),
                (FetchOutcome.Bypass, null),
            ],
            told
        );
    }

    [Fact]
    public void Reader_HearsOfEach_FromItsOpeningOn_UntilItLeaves()
    {
        Begin().Dispose();
        LiveReader reader = _live.TryOpen()!;
        ObservedFetch fetch = Begin();
        fetch.AskedLfs(new AskedLfs(10, 0, 10));
        fetch.Dispose();
        using ObservedFetch after = Begin();
        reader.Dispose();
        after.Asked(2, null);

        Assert.True(reader.TryRead(out _, out LiveEvent? begun));
        Assert.Equal((1, new AskedLfs(10, 0, 10)), (begun.Id, begun.Begun!.Lfs));
        Assert.True(reader.TryRead(out _, out LiveEvent? ended));
        Assert.Equal((1, 2), (ended.Id, ended.Ended!.Number));
        Assert.False(reader.TryRead(out _, out _));
    }

    [Fact]
    public void SlowReader_LosesTheOldest_AndHearsHowMany_WhileFetchesGoOn()
    {
        const int More = 7;
        using LiveReader slow = _live.TryOpen()!;
        for (int i = 0; i < LiveReader.MaxBehind + More; i++)
        {
            Begin().Dispose();
        }

        Assert.True(slow.TryRead(out long missed, out LiveEvent? next));
        Assert.Equal((More, More + 1), (missed, next.Ended!.Number));
        Assert.True(slow.TryRead(out missed, out _));
        Assert.Equal(0, missed);
    }

    [Fact]
    public void Readers_AreBounded_AndOneThatLeaves_MakesRoom()
    {
        LiveReader[] all = [.. Enumerable.Range(0, LiveFetches.MaxReaders).Select(_ => _live.TryOpen()!)];
        Assert.All(all, Assert.NotNull);
        Assert.Null(_live.TryOpen());
        all[3].Dispose();
        all[3].Dispose();
        Assert.NotNull(_live.TryOpen());
        Assert.Null(_live.TryOpen());
    }

    public void Dispose() => _meter.Dispose();

    private ObservedFetch Begin() =>
        _observer.Begin("test", CoreFixture.Repository, _digester.Digest([]), _observer.Now, CancellationToken.None);

    private void Turn(int milliseconds) => _time.Turn(TimeSpan.FromMilliseconds(milliseconds));

    private void AssertPhase(FetchPhase phase, int milliseconds, int total)
    {
        LiveFetch shown = Assert.Single(_live.Now());
        Assert.Equal(
            (phase, TimeSpan.FromMilliseconds(milliseconds), TimeSpan.FromMilliseconds(total)),
            (shown.Phase, shown.PhaseTime, shown.Total)
        );
    }
}
