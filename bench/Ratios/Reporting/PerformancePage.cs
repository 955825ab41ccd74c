namespace Waystation.Ratios.Reporting;

/// <summary><c>docs/performance.md</c>, which keeps the last full run between two marks, and the charts beside it.</summary>
internal static class PerformancePage
{
    private const string Begin = "<!-- the last full run, written by bench/run --keep -->",
        End = "<!-- end of the run -->";

    /// <summary>Replaces the run that was kept before.</summary>
    public static async Task KeepAsync(string run, IReadOnlyCollection<BarChart> charts)
    {
        string docs = Path.Combine(Checkout.Root, "docs"),
            page = Path.Combine(docs, "performance.md"),
            folder = Path.Combine(docs, "performance");
        Directory.CreateDirectory(folder);
        foreach (string old in Directory.GetFiles(folder, "*.svg"))
        {
            File.Delete(old);
        }

        foreach (BarChart chart in charts)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, chart.Name + ".svg"), chart.ToSvg());
        }

        string text = await File.ReadAllTextAsync(page);
        int from = text.IndexOf(Begin, StringComparison.Ordinal),
            to = text.IndexOf(End, StringComparison.Ordinal);
        if (from < 0 || to < from)
        {
            throw new InvalidOperationException("docs/performance.md has no place for a run: its two marks are missing");
        }

        string pictures = string.Concat(charts.Select(static chart => $"![{chart.Title}](performance/{chart.Name}.svg)\n\n"));
        await File.WriteAllTextAsync(page, $"{text[..(from + Begin.Length)]}\n\n{run}\n{pictures}{text[to..]}");
    }
}
