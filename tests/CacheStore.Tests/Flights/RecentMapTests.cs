using Waystation.CacheStore.Flights;
using Waystation.FetchCore.Tests;

namespace Waystation.CacheStore.Tests.Flights;

public sealed class RecentMapTests
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);

    private readonly ManualTime _time = new();

    [Fact]
    public void Entry_IsForgottenAfterItsTime_WhichBeginsAnewWithEachChange()
    {
        RecentMap<int, string> map = New(10);
        map.Set(1, "once");
        map.Set(2, "twice");
        _time.Turn(TimeSpan.FromMinutes(40));
        map.Set(2, "again");
        Assert.True(map.Contains(1));
        _time.Turn(TimeSpan.FromMinutes(20));
        Assert.False(map.Contains(1));
        Assert.True(map.TryGet(2, out string? value));
        Assert.Equal("again", value);
        _time.Turn(TimeSpan.FromMinutes(40));
        Assert.False(map.Contains(2));
        map.Set(3, "new");
        Assert.Equal(1, map.Count);
    }

    [Fact]
    public void LookingAtAnEntry_DoesNotProlongItsTime()
    {
        RecentMap<int, string> map = New(10);
        map.Set(1, "one");
        for (int minute = 0; minute < 60; minute++)
        {
            Assert.True(map.Contains(1));
            _time.Turn(TimeSpan.FromMinutes(1));
        }

        Assert.False(map.Contains(1));
        Assert.False(map.Remove(1));
    }

    [Fact]
    public void JumpOfTheWallClock_ChangesNothing()
    {
        RecentMap<int, string> map = New(10);
        map.Set(1, "one");
        _time.Jump(TimeSpan.FromDays(400));
        Assert.True(map.Contains(1));
    }

    [Fact]
    public void FullMap_ForgetsItsOldestEntry_AndNoOther()
    {
        List<int> pushedOut = [];
        RecentMap<int, string> map = New(4, whenPushedOut: (key, _) => pushedOut.Add(key));
        for (int i = 1; i <= 4; i++)
        {
            map.Set(i, "");
        }

        map.Set(1, "younger now");
        map.Set(5, "");
        Assert.Equal([2], pushedOut);
        Assert.All((int[])[1, 3, 4, 5], key => Assert.True(map.Contains(key)));
        Assert.Equal(4, map.Count);
    }

    [Fact]
    public void EntryThatIsOver_IsNotPushedOut()
    {
        RecentMap<int, string> map = New(1, whenPushedOut: (key, _) => Assert.Fail($"{key} was pushed out"));
        map.Set(1, "");
        _time.Turn(s_hour);
        map.Set(2, "");
        Assert.True(map.Contains(2));
        Assert.True(map.Remove(2));
    }

    [Fact]
    public void EntryThatCameAgain_OutlivesAnyNumberOfStrangers()
    {
        RecentMap<int, string> map = New(100);
        map.Set(-1, "of a user");
        _time.Turn(TimeSpan.FromSeconds(2));
        map.Set(-1, "of a user");
        for (int i = 0; i < 10_000; i++)
        {
            map.Set(i, "of a stranger");
        }

        Assert.True(map.Contains(-1));
        Assert.Equal(100, map.Count);
    }

    [Fact]
    public void EntriesThatComeAgain_LeaveRoomForNewOnes()
    {
        RecentMap<int, string> map = New(100);
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 100; i++)
            {
                map.Set(i, "");
            }

            _time.Turn(TimeSpan.FromSeconds(2));
        }

        map.Set(1_000, "new");
        Assert.True(map.Contains(1_000));
        Assert.Equal(100, map.Count);
    }

    [Fact]
    public void GroupWithTheMostNewcomers_MakesRoom()
    {
        RecentMap<(string Group, int Number), int> map = new(100, s_hour, _time, static key => key.Group);
        map.Set(("private", 0), 1);
        for (int i = 0; i < 1_000; i++)
        {
            map.Set(("public", i), 1);
        }

        Assert.True(map.Contains(("private", 0)));
        Assert.True(map.Contains(("public", 999)));
        Assert.False(map.Contains(("public", 0)));
        Assert.InRange(map.Count, 80, 100);
    }

    [Fact]
    public void Update_SeesTheOldValue_UnlessItsTimeIsOver()
    {
        RecentMap<string, int> map = new(10, s_hour, _time);
        Assert.Equal(1, map.Update("a", static count => count + 1));
        Assert.Equal(2, map.Update("a", static count => count + 1));
        _time.Turn(s_hour);
        Assert.Equal(1, map.Update("a", static count => count + 1));
    }

    [Fact]
    public async Task Updates_OfSeveralThreads_AreAllCounted()
    {
        RecentMap<int, int> map = new(1_000, s_hour, _time);
        await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(_ =>
                    Task.Run(() =>
                    {
                        for (int i = 0; i < 10_000; i++)
                        {
                            map.Update(i % 10, static count => count + 1);
                        }
                    })
                )
        );
        Assert.All(Enumerable.Range(0, 10), key => Assert.True(map.TryGet(key, out int count) && count == 8_000));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Map_NeverHoldsTooMuch_AndNeverTellsWhatWasNotSet(int seed)
    {
        var random = new Random(seed);
        var last = new Dictionary<int, (int Value, long At)>();
        RecentMap<int, int> map = new(50, TimeSpan.FromSeconds(30), _time, static key => key % 7);
        for (int step = 0; step < 20_000; step++)
        {
            int key = random.Next(120);
            switch (random.Next(4))
            {
                case 0:
                    map.Set(key, step);
                    last[key] = (step, _time.GetTimestamp());
                    Assert.True(map.TryGet(key, out int set) && set == step, $"seed {seed}, step {step}");
                    break;
                case 1:
                    map.Remove(key);
                    last.Remove(key);
                    break;
                case 2:
                    _time.Turn(TimeSpan.FromMilliseconds(random.Next(400)));
                    break;
                default:
                    if (map.TryGet(key, out int value))
                    {
                        Assert.True(
                            last.TryGetValue(key, out (int Value, long At) known)
                                && known.Value == value
                                && _time.GetElapsedTime(known.At) < TimeSpan.FromSeconds(30),
                            $"seed {seed}, step {step}"
                        );
                    }

                    break;
            }

            Assert.InRange(map.Count, 0, 50);
        }
    }

    private RecentMap<int, string> New(int max, Action<int, string>? whenPushedOut = null) =>
        new(max, s_hour, _time, whenPushedOut: whenPushedOut);
}
