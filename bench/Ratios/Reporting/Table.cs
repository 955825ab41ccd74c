using System.Text;

namespace Waystation.Ratios.Reporting;

/// <summary>The rows of a run, as Markdown.</summary>
internal sealed class Table
{
    private readonly List<Row> _rows = [];

    public IReadOnlyList<Row> Rows => _rows;

    public void Add(Row row) => _rows.Add(row);

    public void AddFailure(string what, string why) => _rows.Add(new Row(what) { Failure = why });

    /// <summary>How many bars there were, and how many were met.</summary>
    public string Sum()
    {
        int bars = _rows.Count(static row => row.IsMet is not null),
            met = _rows.Count(static row => row.IsMet is true);
        return $"{met} of {bars} bars met.";
    }

    public override string ToString()
    {
        var text = new StringBuilder("| measurement | node | rival | ratio | bar | met |\n| --- | --- | --- | --- | --- | --- |\n");
        foreach (Row row in _rows)
        {
            string compared =
                row.Failure is not null ? "not measured: " + row.Failure
                : row.Compared is null ? ""
                : $"{row.Compared.Say(row.Format)} {row.Unit}".TrimEnd();
            string met = row.IsMet switch
            {
                true => "yes",
                false => "**no**",
                null => "",
            };
            text.Append($"| {row.What} | {row.Ours} | {row.Rival} | {compared} | {row.Bar} | {met} |\n");
        }

        return text.ToString();
    }
}
