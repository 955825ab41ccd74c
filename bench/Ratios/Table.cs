using System.Text;

namespace Waystation.Ratios;

/// <summary>The rows of a run, as Markdown.</summary>
internal sealed class Table
{
    private readonly List<(string What, string Ours, string Rival, string Compared)> rows = [];

    /// <summary>One comparison.</summary>
    /// <param name="what">What was done.</param>
    /// <param name="ours">Through the node.</param>
    /// <param name="rival">By whom it is compared with; empty where there is none.</param>
    /// <param name="compared">The ratio, difference or count that the design speaks of.</param>
    public void Add(string what, string ours, string rival, string compared) => rows.Add((what, ours, rival, compared));

    public void AddFailure(string what, string why) => rows.Add((what, "not measured: " + why, "", ""));

    public override string ToString()
    {
        var text = new StringBuilder("| what | node | rival | compared |\n| --- | --- | --- | --- |\n");
        foreach ((string what, string ours, string rival, string compared) in rows)
            text.Append($"| {what} | {ours} | {rival} | {compared} |\n");
        return text.ToString();
    }
}
