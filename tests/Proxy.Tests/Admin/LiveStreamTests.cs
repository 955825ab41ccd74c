using System.Diagnostics.Metrics;
using System.Net.ServerSentEvents;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.Proxy.Admin.Pages;

namespace Waystation.Proxy.Tests.Admin;

/// <summary>The stream of live requests: the latest first, each once, heartbeats, and the loss of a slow reader.</summary>
public sealed class LiveStreamTests : IAsyncDisposable
{
    private static readonly LiveFilter s_all = new(Repository: null, new HashSet<FetchOutcome>());

    private readonly Meter _meter = new("live stream");
    private readonly RecentFetches _recent = new();
    private readonly LiveFetches _live = new();
    private readonly CredentialDigester _digester = new();
    private readonly TurnedTime _time = new();
    private readonly FetchObserver _observer;
    private readonly LiveReader _reader;
    private IAsyncEnumerator<SseItem<LiveNews>>? _news;

    public LiveStreamTests()
    {
        _observer = new FetchObserver(
            new FetchMeters(_meter),
            _recent,
            new RepositoryTallies(_time),
            _live,
            _time,
            NullLogger<FetchObserver>.Instance
        );
        _reader = _live.TryOpen()!;
    }

    [Fact]
    public async Task LatestComeFirst_OldestFirst_AndNoneTwice()
    {
        Fetch("a");
        Fetch("b");
        Fetch("c");
        Open(s_all, last: 2);
        Assert.Equal("2 b", EndOf(await NextAsync()));
        Assert.Equal("3 c", EndOf(await NextAsync()));
        Assert.Equal(LiveNews.BeatType, (await NextAsync()).EventType);
        // The reader was open before, so it has all three as well.
        Assert.Equal("1 a", EndOf(await NextAsync()));
        Fetch("d");
        Assert.Equal("4 d", EndOf(await NextAsync()));
    }

    [Fact]
    public async Task QuietStream_SendsHeartbeats()
    {
        Open(s_all, last: 0);
        Assert.Equal(LiveNews.BeatType, (await NextAsync()).EventType);
        for (int i = 0; i < 3; i++)
        {
            Task<SseItem<LiveNews>> next = NextAsync();
            Assert.False(next.IsCompleted);
            _time.Turn(LiveStream.Heartbeat);
            Assert.Equal(LiveNews.BeatType, (await next).EventType);
        }

        Fetch("a");
        Assert.Equal("1 a", EndOf(await NextAsync()));
    }

    [Fact]
    public async Task SlowReader_IsToldWhatItMissed()
    {
        Open(s_all, last: 0);
        await NextAsync();
        for (int i = 0; i < LiveReader.MaxBehind + 3; i++)
        {
            Fetch("a");
        }

        SseItem<LiveNews> missed = await NextAsync();
        Assert.Equal((LiveNews.MissedType, 3), (missed.EventType, missed.Data.Missed));
        Assert.Equal("4 a", EndOf(await NextAsync()));
    }

    [Fact]
    public async Task Filter_LeavesOutOtherRepositories_AndOtherOutcomes()
    {
        Open(new LiveFilter(NameOf("b"), new HashSet<FetchOutcome> { FetchOutcome.Local }), last: 5);
        await NextAsync();
        Fetch("a", FetchOutcome.Local);
        Fetch("b", FetchOutcome.Hit);
        Fetch("b", FetchOutcome.Local);
        Assert.Equal("3 b", EndOf(await NextAsync()));
    }

    public async ValueTask DisposeAsync()
    {
        if (_news is not null)
        {
            await _news.DisposeAsync();
        }

        _reader.Dispose();
        _meter.Dispose();
    }

    private static RepositoryName NameOf(string path) => new("git.example.com", path);

    private static string EndOf(SseItem<LiveNews> item) => $"{item.Data.Ended!.Number} {item.Data.Ended.Repo.Split('/')[1]}";

    private void Open(LiveFilter filter, int last) =>
        _news = new LiveStream(_recent, _time).ReadAsync(_reader, filter, last, CancellationToken.None).GetAsyncEnumerator();

    private async Task<SseItem<LiveNews>> NextAsync()
    {
        Assert.True(await _news!.MoveNextAsync());
        return _news.Current;
    }

    private void Fetch(string path, FetchOutcome outcome = FetchOutcome.Hit)
    {
        using ObservedFetch fetch = _observer.Begin("http", NameOf(path), _digester.Digest([]), _observer.Now, CancellationToken.None);
        fetch.Served(outcome, isKept: true, refsAge: null);
        fetch.Ended(FetchEnd.Whole);
    }

    /// <summary>A clock that stands until the test turns it.</summary>
    private sealed class TurnedTime : TimeProvider
    {
        private readonly List<WaitingTimer> _waiting = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new WaitingTimer(callback, state) { Due = dueTime };
            _waiting.Add(timer);
            return timer;
        }

        public void Turn(TimeSpan by)
        {
            foreach (WaitingTimer timer in _waiting.ToList())
            {
                timer.Turn(by);
            }
        }

        private sealed class WaitingTimer(TimerCallback callback, object? state) : ITimer
        {
            public TimeSpan Due { get; set; }

            public void Turn(TimeSpan by)
            {
                if (Due >= TimeSpan.Zero && (Due -= by) <= TimeSpan.Zero)
                {
                    Due = Timeout.InfiniteTimeSpan;
                    callback(state);
                }
            }

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                Due = dueTime;
                return true;
            }

            public void Dispose() => Due = Timeout.InfiniteTimeSpan;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
