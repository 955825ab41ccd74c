using Waystation.CacheStore;
using Waystation.FetchCore.Vet;

namespace Waystation.FetchCore.Tests;

public sealed class VetTimetableTests
{
    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(3);

    [Theory]
    [InlineData(0, 180)]
    [InlineData(1_800, 180)]
    [InlineData(3_600, 360)]
    [InlineData(864_000, 86_400)]
    [InlineData(86_400_000, 86_400)]
    public void Interval_GrowsWithIdleness_FromARoundToADay(int idleSeconds, int intervalSeconds) =>
        Assert.Equal(TimeSpan.FromSeconds(intervalSeconds), VetTimetable.IntervalOf(TimeSpan.FromSeconds(idleSeconds), s_every));

    /// <summary>A week of ten thousand mirrors: few in use, some idle for hours, most for months.</summary>
    [Fact]
    public void TenThousandMirrors_CostThePrimaryAFewRequestsASecond()
    {
        const int Seed = 1789,
            Mirrors = 10_000,
            InUse = 300,
            IdleForHours = 1_200;
        var step = TimeSpan.FromSeconds(15);
        var time = new ManualTime();
        var timetable = new VetTimetable(s_every, time, new Random(Seed));
        var random = new Random(Seed);
        (RepositoryName Name, TimeSpan Idle)[] all =
        [
            .. Enumerable
                .Range(0, Mirrors)
                .Select(number =>
                    (
                        new RepositoryName("git.example.com", $"team/{number}"),
                        number < InUse ? TimeSpan.FromMinutes(random.Next(30))
                        : number < IdleForHours ? TimeSpan.FromHours(1 + random.Next(23))
                        : TimeSpan.FromDays(10 + random.Next(300))
                    )
                ),
        ];
        var last = new Dictionary<RepositoryName, TimeSpan>();
        TimeSpan longest = TimeSpan.Zero,
            longestInUse = TimeSpan.Zero;
        int asked = 0,
            most = 0;
        Queue<int> minute = new();
        for (TimeSpan now = TimeSpan.Zero; now < TimeSpan.FromDays(2); now += step)
        {
            IReadOnlyList<RepositoryName> due = timetable.TakeDue(all);
            asked += due.Count;
            minute.Enqueue(due.Count);
            if (minute.Count > 4)
            {
                minute.Dequeue();
            }

            most = Math.Max(most, minute.Sum());
            foreach (RepositoryName name in due)
            {
                TimeSpan wait = now - last.GetValueOrDefault(name);
                longest = wait > longest ? wait : longest;
                if (int.Parse(name.Path[5..], System.Globalization.CultureInfo.InvariantCulture) < InUse)
                {
                    longestInUse = wait > longestInUse ? wait : longestInUse;
                }

                last[name] = now;
            }

            time.Turn(step);
        }

        Assert.Equal(Mirrors, last.Count);
        Assert.InRange(longestInUse, TimeSpan.Zero, s_every + step);
        Assert.InRange(longest, TimeSpan.Zero, TimeSpan.FromDays(1));
        Assert.InRange(asked / TimeSpan.FromDays(2).TotalSeconds, 0.5, 4);
        Assert.InRange(most / 60.0, 0, 8);
    }

    [Fact]
    public void Mirrors_ThatHaveGone_AreForgotten_AndBeginAnewWhenTheyComeBack()
    {
        var time = new ManualTime();
        var timetable = new VetTimetable(s_every, time, new Random(1));
        (RepositoryName, TimeSpan)[] one = [(new RepositoryName("git.example.com", "a"), TimeSpan.Zero)];
        Assert.Empty(timetable.TakeDue(one));
        time.Turn(s_every);
        Assert.Single(timetable.TakeDue(one));
        Assert.Empty(timetable.TakeDue([]));
        time.Turn(s_every);
        Assert.Empty(timetable.TakeDue(one));
    }
}
