using System.Globalization;
using System.Text;

namespace Waystation.Proxy.Dashboard.Charts;

/// <summary>The geometry of charts. The drawing is stretched to its place, so the units are those of a drawing of fixed size.</summary>
internal static class ChartScale
{
    /// <summary>Units from left to right.</summary>
    public const int Width = 960;

    /// <summary>Units from top to bottom.</summary>
    public const int Height = 160;

    /// <summary>The share of a bar's place that the bar fills.</summary>
    private const double Fill = 0.8;

    /// <summary>The least height of a number that is not zero, so that a single fetch is seen among thousands.</summary>
    private const double LeastHeight = 2;

    /// <summary>The end of the scale for counts: 1, 2 or 5 of a power of ten, and at least two so that its half is whole.</summary>
    public static long TopOfCounts(long most)
    {
        for (long power = 1; ; power *= 10)
        {
            foreach (long step in (long[])[2, 4, 10])
            {
                if (step * power >= most || power > long.MaxValue / 100)
                {
                    return step * power;
                }
            }
        }
    }

    /// <summary>The end of the scale for bytes: a power of two, at least 2 KiB.</summary>
    public static long TopOfBytes(long most)
    {
        long top = 2048;
        while (top < most && top < long.MaxValue / 2)
        {
            top *= 2;
        }

        return top;
    }

    /// <summary>The parts of the bar of one period, from the bottom up.</summary>
    /// <param name="series">The kinds of things, the lowest first.</param>
    /// <param name="period">The period.</param>
    /// <param name="periods">The number of periods.</param>
    /// <param name="top">The end of the scale.</param>
    public static IReadOnlyList<ChartBox> BarOf(IReadOnlyList<ChartSeries> series, int period, int periods, long top)
    {
        double place = (double)Width / periods;
        double bottom = Height;
        List<ChartBox> parts = [];
        foreach (ChartSeries one in series)
        {
            if (one.Values[period] is var value and > 0)
            {
                double height = Math.Min(bottom, Math.Max(LeastHeight, (double)value / top * Height));
                bottom -= height;
                parts.Add(new ChartBox(one.Style, (period * place) + (place * (1 - Fill) / 2), bottom, place * Fill, height));
            }
        }

        return parts;
    }

    /// <summary>The outline of shares from 0 to 1 as steps; periods without a share are left out.</summary>
    /// <param name="shares">A share for each period.</param>
    /// <param name="isFilled">Whether to close the outline at the bottom.</param>
    public static string StepsOf(IReadOnlyList<double?> shares, bool isFilled)
    {
        double place = (double)Width / shares.Count;
        var path = new StringBuilder();
        for (int i = 0; i < shares.Count; i++)
        {
            if (shares[i] is not { } share)
            {
                continue;
            }

            bool isFirst = i == 0 || shares[i - 1] is null;
            bool isLast = i == shares.Count - 1 || shares[i + 1] is null;
            string y = Number(Height * (1 - Math.Clamp(share, 0, 1)));
            string up =
                !isFirst ? $"V{y}"
                : isFilled ? $"M{Number(i * place)} {Height}V{y}"
                : $"M{Number(i * place)} {y}";
            path.Append(up).Append('H').Append(Number((i + 1) * place));
            if (isLast && isFilled)
            {
                path.Append(CultureInfo.InvariantCulture, $"V{Height}Z");
            }
        }

        return path.ToString();
    }

    /// <summary>A number as an attribute of a drawing has it.</summary>
    public static string Number(double number) => Math.Round(number, 2).ToString(CultureInfo.InvariantCulture);
}
