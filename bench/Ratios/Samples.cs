using System.Globalization;

namespace Waystation.Ratios;

/// <summary>What one figure was in each of its samples.</summary>
internal sealed class Samples
{
    private readonly List<double> values = [];

    public static double MedianOf(IReadOnlyCollection<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    public void Add(double value) => values.Add(value);

    /// <summary>The median (least–most), each in this number format.</summary>
    public string Say(string format = "0.00")
    {
        return $"{Text(MedianOf(values))} ({Text(values.Min())}–{Text(values.Max())})";

        string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
    }
}
