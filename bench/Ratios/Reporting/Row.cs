namespace Waystation.Ratios.Reporting;

/// <summary>One line of the table: what was done, by us, by the rival, and the ratio, difference or count that tells.</summary>
internal sealed record Row(string What)
{
    /// <summary>Through the node; empty where only the comparison says something.</summary>
    public string Ours { get; init; } = "";

    /// <summary>By whom it is compared with, and that one's figure; empty where there is none.</summary>
    public string Rival { get; init; } = "";

    /// <summary>The figure that the bar is held against; null where a row only tells.</summary>
    public Samples? Compared { get; init; }

    /// <summary>How the figure is written: <c>0.00</c>.</summary>
    public string Format { get; init; } = "0.00";

    /// <summary>What follows the figure: <c>× the time</c>, <c>packs made at the primary</c>.</summary>
    public string Unit { get; init; } = "";

    public Bar? Bar { get; init; }

    /// <summary>Why there is no figure.</summary>
    public string? Failure { get; init; }

    /// <summary>Null where there is no bar, or no figure to hold against it.</summary>
    public bool? IsMet =>
        Bar is null ? null
        : Compared is null ? false
        : Bar.IsMetBy(Compared.Median);
}
