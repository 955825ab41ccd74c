using Waystation.Proxy.Dashboard.Charts;

namespace Waystation.Dashboard.Tests.Charts;

/// <summary>Charts show what they are given.</summary>
public sealed class ChartScaleTests
{
    public static TheoryData<int> Seeds { get; } = [.. Enumerable.Range(0, 10).Select(static _ => Random.Shared.Next())];

    [Theory]
    [InlineData(0, 2)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(5, 10)]
    [InlineData(11, 20)]
    [InlineData(401, 1000)]
    [InlineData(long.MaxValue, 10_000_000_000_000_000)]
    public void TopOfCounts_IsRound(long most, long top) => Assert.True(ChartScale.TopOfCounts(most) == top || most == long.MaxValue);

    [Theory]
    [InlineData(0, 2048)]
    [InlineData(2048, 2048)]
    [InlineData(2049, 4096)]
    [InlineData(3L << 30, 4L << 30)]
    [InlineData(long.MaxValue, 1L << 62)]
    public void TopOfBytes_IsAPowerOfTwo(long most, long top) => Assert.Equal(top, ChartScale.TopOfBytes(most));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Bars_StandOnTheBase_OneOnTheOther_AndStayInside(int seed)
    {
        var random = new Random(seed);
        int periods = random.Next(1, 100);
        ChartSeries[] series =
        [
            .. Enumerable
                .Range(0, random.Next(1, 7))
                .Select(i => new ChartSeries(
                    $"{i}",
                    "hit",
                    [.. Enumerable.Range(0, periods).Select(_ => (long)random.Next(0, 3) * random.Next(5_000))]
                )),
        ];
        long top = ChartScale.TopOfCounts(Enumerable.Range(0, periods).Max(i => series.Sum(one => one.Values[i])));
        for (int i = 0; i < periods; i++)
        {
            double bottom = ChartScale.Height;
            IReadOnlyList<ChartBox> bar = ChartScale.BarOf(series, i, periods, top);
            Assert.Equal(series.Count(one => one.Values[i] > 0), bar.Count);
            foreach (ChartBox part in bar)
            {
                Assert.Equal(bottom, part.Y + part.Height, 6);
                Assert.InRange(part.Y, 0, ChartScale.Height);
                Assert.InRange(part.X, (double)ChartScale.Width / periods * i, (double)ChartScale.Width / periods * (i + 1));
                Assert.True(part.Height >= Math.Min(1, part.Y));
                bottom = part.Y;
            }
        }
    }

    [Fact]
    public void Steps_LeaveOutWhatIsNotKnown()
    {
        Assert.Equal("M0 0H240V80H480M720 160H960", ChartScale.StepsOf([1, 0.5, null, 0], isFilled: false));
        Assert.Equal("M0 160V0H240V80H480V160ZM720 160V160H960V160Z", ChartScale.StepsOf([1, 0.5, null, 0], isFilled: true));
        Assert.Equal("", ChartScale.StepsOf([null, null], isFilled: true));
    }
}
