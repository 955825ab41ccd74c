using System.Globalization;

namespace Waystation.Ratios.Reporting;

/// <summary>The values of one figure in all samples.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];

    public double Median => MedianOf(_values);

    public double Least => _values.Min();

    public double Most => _values.Max();

    public static double MedianOf(IReadOnlyCollection<double> values) => Percentile(values, 0.5);

    /// <summary>The value below which this share lies, between its neighbours in proportion.</summary>
    public static double Percentile(IReadOnlyCollection<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        double place = share * (sorted.Length - 1);
        int below = (int)place,
            above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (place - below));
    }

    public static Samples Of(double value)
    {
        var one = new Samples();
        one.Add(value);
        return one;
    }

    /// <summary>How many times the other's, sample by sample.</summary>
    public Samples Over(Samples other)
    {
        var ratio = new Samples();
        foreach ((double one, double another) in _values.Zip(other._values))
        {
            ratio.Add(one / another);
        }

        return ratio;
    }

    /// <summary>How much more than the other's, sample by sample.</summary>
    public Samples Less(Samples other)
    {
        var difference = new Samples();
        foreach ((double one, double another) in _values.Zip(other._values))
        {
            difference.Add(one - another);
        }

        return difference;
    }

    public void Add(double value) => _values.Add(value);

    /// <summary>The median (least–most), each in this number format.</summary>
    public string Say(string format = "0.00")
    {
        return _values.Count == 1 ? Text(_values[0]) : $"{Text(Median)} ({Text(Least)}–{Text(Most)})";

        string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
    }
}
