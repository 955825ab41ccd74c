namespace Waystation.Ratios.Reporting;

/// <summary>One row of the table: a measurement, by the node and by the rival, and the ratio, difference or count of interest.</summary>
internal sealed record Row(string What)
{
    /// <summary>Through the node; empty where only the comparison says something.</summary>
    public string Ours { get; init; } = "";

    /// <summary>The rival and its figure; empty if there is none.</summary>
    public string Rival { get; init; } = "";

    /// <summary>The figure that is compared with the bar; null for a row without comparison.</summary>
    public Samples? Compared { get; init; }

    /// <summary>How the figure is written: <c>0.00</c>.</summary>
    public string Format { get; init; } = "0.00";

    /// <summary>The unit behind the figure: <c>× the time</c>, <c>packs made at the primary</c>.</summary>
    public string Unit { get; init; } = "";

    public Bar? Bar { get; init; }

    /// <summary>Why there is no figure.</summary>
    public string? Failure { get; init; }

    /// <summary>Null if there is no bar, or no figure.</summary>
    public bool? IsMet =>
        Bar is null ? null
        : Compared is null ? false
        : Bar.IsMetBy(Compared.Median);
}
