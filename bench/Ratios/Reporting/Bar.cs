using System.Globalization;

namespace Waystation.Ratios.Reporting;

/// <summary>The aim for a figure.</summary>
/// <param name="Limit">In the unit of the row's last figure.</param>
/// <param name="IsFloor">True where more is better.</param>
internal sealed record Bar(double Limit, bool IsFloor)
{
    public static Bar AtLeast(double limit) => new(limit, IsFloor: true);

    public static Bar AtMost(double limit) => new(limit, IsFloor: false);

    public bool IsMetBy(double value) => IsFloor ? value >= Limit : value <= Limit;

    public override string ToString() => (IsFloor ? "≥ " : "≤ ") + Limit.ToString("0.###", CultureInfo.InvariantCulture);
}
