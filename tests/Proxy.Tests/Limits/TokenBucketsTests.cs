using Waystation.Proxy.Limits;

namespace Waystation.Proxy.Tests.Limits;

public sealed class TokenBucketsTests
{
    private readonly Clock _time = new();

    [Fact]
    public void Requests_AreServed_UntilTheBucketIsEmpty_AndAgainAsItFills()
    {
        var buckets = new TokenBuckets<string>(perMinute: 60, maxKeys: 10, _time);
        for (int i = 0; i < 60; i++)
        {
            Assert.Null(buckets.Take("one"));
        }

        Assert.Equal(TimeSpan.FromSeconds(1), buckets.Take("one"));
        Assert.Null(buckets.Take("other"));

        _time.Now += 400;
        Assert.Equal(600, buckets.Take("one")!.Value.TotalMilliseconds, tolerance: 1);
        _time.Now += 600;
        Assert.Null(buckets.Take("one"));
        Assert.NotNull(buckets.Take("one"));

        _time.Now += 3_600_000;
        Assert.Equal(60, Enumerable.Range(0, 100).Count(_ => buckets.Take("one") is null));
    }

    [Fact]
    public void SlowRate_TellsTheWholeWait()
    {
        var buckets = new TokenBuckets<string>(perMinute: 1, maxKeys: 10, _time);
        Assert.Null(buckets.Take("one"));
        _time.Now += 15_000;
        Assert.Equal(45, buckets.Take("one")!.Value.TotalSeconds, tolerance: 0.01);
    }

    [Fact]
    public void Buckets_AreBounded_AndTheOneUsedLeastLatelyIsForgotten()
    {
        var buckets = new TokenBuckets<int>(perMinute: 2, maxKeys: 100, _time);
        Assert.Null(buckets.Take(-1));
        Assert.Null(buckets.Take(-1));
        for (int i = 0; i < 10_000; i++)
        {
            buckets.Take(i);
            Assert.NotNull(buckets.Take(-1));
            Assert.InRange(buckets.Count, 1, 100);
        }

        Assert.Null(buckets.Take(0));
    }

    [Fact]
    public void Zero_IsNoLimit()
    {
        var buckets = new TokenBuckets<string>(perMinute: 0, maxKeys: 10, _time);
        Assert.All(Enumerable.Range(0, 1_000), _ => Assert.Null(buckets.Take("one")));
        Assert.Equal(0, buckets.Count);
    }

    private sealed class Clock : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => 1_000;

        public override long GetTimestamp() => Now;
    }
}
