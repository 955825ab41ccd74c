using Spectre.Console;

namespace Waystation.Proxy.Commands;

/// <summary>
/// Rows for a person: a table on a terminal, or a block for each row where the terminal is too narrow for the table. Elsewhere one line a
/// row, with tabs between the columns, so that other programs can rely on their order.
/// </summary>
/// <param name="Columns">The heads of the columns.</param>
/// <param name="Rows">The rows, with a text for each column; <c>-</c> stands for none.</param>
internal sealed record Listing(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>The text of a row whose value is not there.</summary>
    public const string None = "-";

    /// <summary>Characters beside the text of a column, with its border.</summary>
    private const int Padding = 3;

    /// <summary>Writes the rows to standard output.</summary>
    public async Task WriteAsync()
    {
        if (Terminal.IsThere)
        {
            WriteTo(AnsiConsole.Console);
            return;
        }

        foreach (IReadOnlyList<string> row in Rows)
        {
            await Console.Out.WriteLineAsync(ToLine(row));
        }
    }

    /// <summary>Writes a table, or blocks: a table that must break its names within words cannot be read.</summary>
    internal void WriteTo(IAnsiConsole console)
    {
        int width = Columns.Select((head, i) => Padding + Rows.Select(row => row[i].Length).Append(head.Length).Max()).Sum();
        if (width > console.Profile.Width)
        {
            WriteBlocksTo(console);
            return;
        }

        Table table = new Table().Border(TableBorder.Simple);
        foreach (string column in Columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column)));
        }

        foreach (IReadOnlyList<string> row in Rows)
        {
            table.AddRow([.. row.Select(static text => new Text(text))]);
        }

        console.Write(table);
    }

    /// <summary>The first column is the name of its row, and begins its block; what a row does not have is left out.</summary>
    private void WriteBlocksTo(IAnsiConsole console)
    {
        int heads = Columns.Max(static head => head.Length);
        foreach (IReadOnlyList<string> row in Rows)
        {
            console.WriteLine(row[0]);
            foreach ((string head, string text) in Columns.Zip(row).Skip(1).Where(static cell => cell.Second != None))
            {
                console.WriteLine($"  {head.PadRight(heads)}  {text}");
            }
        }
    }

    /// <summary>The plain line of a row. A text of others has no tab and no line end in it.</summary>
    internal static string ToLine(IReadOnlyList<string> row) =>
        string.Join('\t', row.Select(static text => string.Concat(text.Select(static c => char.IsControl(c) ? ' ' : c))));
}
