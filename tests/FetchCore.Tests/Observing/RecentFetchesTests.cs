using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Tests.Observing;

/// <summary>The latest fetches: so many, newest first, and all of them whole while others are added.</summary>
public sealed class RecentFetchesTests : IDisposable
{
    private static readonly RepositoryName s_tool = new("git.example.com", "team/tool.git");
    private static readonly RepositoryName s_other = new("git.example.com", "team/other.git");

    private readonly Meter _meter = new("test");
    private readonly RecentFetches _recent = new();
    private readonly FetchObserver _observer;

    public RecentFetchesTests() =>
        _observer = new FetchObserver(
            new FetchMeters(_meter),
            _recent,
            new RepositoryTallies(new ManualTime()),
            new LiveFetches(),
            new ManualTime(),
            NullLogger<FetchObserver>.Instance
        );

    [Fact]
    public void Latest_IsEmpty_AtFirst() => Assert.Empty(_recent.Latest(10));

    [Fact]
    public void Latest_IsNewestFirst_AndNoMoreThanAskedFor()
    {
        Record(s_tool, 3);
        Assert.Equal([3, 2], _recent.Latest(2).Select(static record => record.Number));
        Assert.Equal([3, 2, 1], _recent.Latest(10).Select(static record => record.Number));
        Assert.Empty(_recent.Latest(0));
    }

    [Fact]
    public void Latest_OfOneRepository_LeavesOutTheOthers()
    {
        Record(s_tool, 2);
        Record(s_other, 1);
        Record(s_tool, 1);
        Assert.Equal([4, 2], _recent.Latest(2, static record => record.Repository == s_tool).Select(static record => record.Number));
        Assert.Equal([3], _recent.Latest(10, static record => record.Repository == s_other).Select(static record => record.Number));
    }

    [Fact]
    public void Oldest_GivesWay_WhenTheRingIsFull()
    {
        Record(s_other, 1);
        Record(s_tool, RecentFetches.Most);
        Assert.Empty(_recent.Latest(10, static record => record.Repository == s_other));
        IReadOnlyList<FetchRecord> all = _recent.Latest(int.MaxValue);
        Assert.Equal(
            Enumerable.Range(2, RecentFetches.Most).Reverse().Select(static number => (long)number),
            all.Select(static r => r.Number)
        );
    }

    [Fact]
    public async Task Records_AreInOrder_WhateverIsAddedAtOnce()
    {
        const int Writers = 8;
        Task[] writing = [.. Enumerable.Range(0, Writers).Select(_ => Task.Run(() => Record(s_tool, 500)))];
        while (!Task.WhenAll(writing).IsCompleted)
        {
            long[] numbers = [.. _recent.Latest(int.MaxValue).Select(static record => record.Number)];
            Assert.Equal(numbers.OrderDescending(), numbers);
            Assert.Equal(numbers.Length, numbers.Distinct().Count());
        }

        await Task.WhenAll(writing);
        Assert.Equal(Writers * 500, _recent.Latest(1).Single().Number);
        Assert.Equal(RecentFetches.Most, _recent.Latest(int.MaxValue).Count);
    }

    public void Dispose() => _meter.Dispose();

    private void Record(RepositoryName repository, int count)
    {
        Credential credential = new CredentialDigester().Digest([]);
        for (int i = 0; i < count; i++)
        {
            using ObservedFetch fetch = _observer.Begin("test", repository, credential, _observer.Now, CancellationToken.None);
            fetch.Ended(FetchEnd.Whole);
        }
    }
}
