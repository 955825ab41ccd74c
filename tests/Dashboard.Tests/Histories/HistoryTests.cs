using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Waystation.CacheStore.Disk;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Tests;
using Waystation.Proxy.Dashboard.History;
using Waystation.TestKit.Servers;

namespace Waystation.Dashboard.Tests.Histories;

/// <summary>The history keeps what was counted: over a day, restarts, kills and damage it may forget, but it says nothing wrong.</summary>
public sealed class HistoryTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly DataFolder _data;
    private Meter _meter = null!;
    private Counter<long> _fetches = null!;
    private FetchHistory _history = null!;

    public HistoryTests()
    {
        _data = new DataFolder(_folder["data"], _time);
        Start();
    }

    private string FilePath => Path.Combine(_data.Root, "history");

    private long Minute => _time.GetUtcNow().ToUnixTimeSeconds() / 60;

    public static TheoryData<int> Seeds { get; } = [.. Enumerable.Range(0, 6).Select(static _ => Random.Shared.Next())];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void WhatWasWritten_IsThereAfterAKill_AndNothingElse(int seed)
    {
        var random = new Random(seed);
        Dictionary<long, long> counted = [];
        Dictionary<long, long> written = [];
        for (int step = 0; step < 200; step++)
        {
            switch (random.Next(12))
            {
                case < 6:
                    int amount = random.Next(1, 50);
                    Count("hit", amount);
                    counted[Minute] = counted.GetValueOrDefault(Minute) + amount;
                    break;
                case < 9:
                    // Of all lengths: seconds, minutes, hours, more than a day.
                    _time.Turn(TimeSpan.FromSeconds(Math.Pow(10, random.NextDouble() * 5)));
                    break;
                case 9:
                    _history.Write();
                    written = new Dictionary<long, long>(counted);
                    break;
                default:
                    _history.Dispose();
                    Start();
                    counted = new Dictionary<long, long>(written);
                    break;
            }

            long last = Minute;
            Assert.Equal(
                Enumerable.Range(0, HistoryFile.Slots).Select(i => counted.GetValueOrDefault(last + 1 - HistoryFile.Slots + i)),
                _history.Last(HistoryFile.Slots, 1).Select(static period => period.Count(FetchOutcome.Hit))
            );
        }

        Assert.Equal(HistoryFile.Length, new FileInfo(FilePath).Length);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void DamagedSlot_IsEmpty_AndTheOthersStay(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 200; i++)
        {
            Count("hit", 1 + i);
            _time.Turn(TimeSpan.FromMinutes(1));
        }

        _history.Write();
        _history.Dispose();
        byte[] bytes = File.ReadAllBytes(FilePath);
        HashSet<int> hit = [];
        for (int i = 0; i < random.Next(1, 40); i++)
        {
            int at = random.Next(HistorySlot.Size, bytes.Length);
            bytes[at] ^= (byte)(1 << random.Next(8));
            hit.Add((at / HistorySlot.Size) - 1);
        }

        File.WriteAllBytes(FilePath, bytes);
        Start();
        for (int i = 0; i < 200; i++)
        {
            long minute = Minute - 200 + i;
            long found = _history.Last(HistoryFile.Slots, 1)[HistoryFile.Slots - 201 + i].Count(FetchOutcome.Hit);
            // Two flips of one bit undo each other.
            Assert.True(found == 1 + i || (found == 0 && hit.Contains(HistoryFile.PlaceOf(minute))), $"minute {i}: {found}");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(HistorySlot.Size)]
    [InlineData(HistoryFile.Length - 1)]
    [InlineData(HistoryFile.Length + 1)]
    public void FileOfAnotherLength_IsBegunAnew(int length)
    {
        Count("hit", 7);
        _history.Write();
        _history.Dispose();
        using (FileStream file = File.OpenWrite(FilePath))
        {
            file.SetLength(length);
        }

        Start();
        Assert.Equal(0, HistoryPeriod.Total(_history.Last(HistoryFile.Slots, 1)).Fetches);
        Assert.Equal(HistoryFile.Length, new FileInfo(FilePath).Length);
        Count("hit", 3);
        _history.Write();
        _history.Dispose();
        Start();
        Assert.Equal(3, HistoryPeriod.Total(_history.Last(HistoryFile.Slots, 1)).Fetches);
    }

    [Fact]
    public void FileOfAnotherForm_IsBegunAnew_AndALinkIsNotFollowed()
    {
        _history.Dispose();
        File.WriteAllBytes(FilePath, new byte[HistoryFile.Length]);
        Start();
        Count("hit", 3);
        _history.Write();
        _history.Dispose();

        string elsewhere = _folder["elsewhere"];
        File.Move(FilePath, elsewhere);
        byte[] before = File.ReadAllBytes(elsewhere);
        File.CreateSymbolicLink(FilePath, elsewhere);
        Start();
        Count("hit", 4);
        _history.Write();
        Assert.Equal(before, File.ReadAllBytes(elsewhere));
        Assert.Null(new FileInfo(FilePath).LinkTarget);
    }

    [Fact]
    public void DiskThatRefuses_CostsOnlyTheCopyOnDisk()
    {
        _history.Dispose();
        File.Delete(FilePath);
        Directory.CreateDirectory(FilePath);
        Start();
        Count("local", 5);
        _history.Write();
        Assert.Equal(5, HistoryPeriod.Total(_history.Last(4, 15)).Count(FetchOutcome.Local));
    }

    [Fact]
    public void Periods_EndAtFullLengths_AndAddUp()
    {
        foreach (string outcome in (string[])["hit", "join", "local", "forward", "bypass", "unknown"])
        {
            Count(outcome, 1);
        }

        IReadOnlyList<HistoryPeriod> periods = _history.Last(96, 15);
        Assert.Equal(0, periods[^1].To.Minute % 15);
        Assert.All(periods.Zip(periods.Skip(1)), static pair => Assert.Equal(pair.First.To, pair.Second.From));
        HistoryPeriod total = HistoryPeriod.Total(periods);
        Assert.Equal((5, 3, 0.6), (total.Fetches, total.FetchesByNode, total.HitRatio));
    }

    [Fact]
    public void CountersOfAnotherMeter_DoNotCount()
    {
        using var other = new Meter("another");
        other.CreateCounter<long>("waystation_fetches_total").Add(9, new KeyValuePair<string, object?>("outcome", "hit"));
        Assert.Equal(0, HistoryPeriod.Total(_history.Last(1, 15)).Fetches);
    }

    public void Dispose()
    {
        _history.Dispose();
        _meter.Dispose();
        _data.Dispose();
        _folder.Dispose();
    }

    private void Start()
    {
        _meter?.Dispose();
        _meter = new Meter(FetchMeters.MeterName);
        _fetches = _meter.CreateCounter<long>("waystation_fetches_total");
        _history = new FetchHistory(_data, _meter, _time, NullLogger<FetchHistory>.Instance);
    }

    private void Count(string outcome, long amount) => _fetches.Add(amount, new KeyValuePair<string, object?>("outcome", outcome));
}
