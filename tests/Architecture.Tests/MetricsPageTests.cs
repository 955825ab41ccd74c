using System.Text;
using System.Text.RegularExpressions;

namespace Waystation.Architecture.Tests;

/// <summary>
/// The table in <c>docs/observability.md</c> is made from the instruments in the sources, whose descriptions are also the help of
/// <c>/metrics</c>. With <c>WAYSTATION_WRITE_DOCS=1</c> this test writes it. No page, dashboard or alert names a metric that is not there.
/// </summary>
public sealed partial class MetricsPageTests
{
    private const string Mark =
        "<!-- The table below is made from the instruments in the sources: ./test Architecture with WAYSTATION_WRITE_DOCS=1. -->\n";

    private static readonly string s_page = Path.Combine(SourceTree.Root, "docs", "observability.md");

    private static readonly Metric[] s_metrics =
    [
        .. SourceTree
            .Texts()
            .SelectMany(static source => Instrument().Matches(source).Select(match => Metric.Of(match, source)))
            .OrderBy(static metric => metric.Name, StringComparer.Ordinal),
    ];

    [Fact]
    public void Page_HasEveryMetric_AsItsInstrumentDescribesIt()
    {
        Assert.InRange(s_metrics.Length, 40, 500);
        string page = File.ReadAllText(s_page);
        string made = page[..(page.IndexOf(Mark, StringComparison.Ordinal) + Mark.Length)] + Table();
        if (Environment.GetEnvironmentVariable("WAYSTATION_WRITE_DOCS") == "1")
        {
            File.WriteAllText(s_page, made);
        }

        Assert.Equal(made, File.ReadAllText(s_page));
    }

    [Fact]
    public void Metrics_ThatPagesDashboardsAndAlertsName_Exist()
    {
        string said = string.Concat(
            new[] { "docs", "deploy" }
                .SelectMany(static folder =>
                    Directory.EnumerateFiles(Path.Combine(SourceTree.Root, folder), "*", SearchOption.AllDirectories)
                )
                .Where(static path => Path.GetExtension(path) is ".md" or ".json" or ".yml")
                .Append(Path.Combine(SourceTree.Root, "README.md"))
                .Select(File.ReadAllText)
        );
        string[] names = [.. s_metrics.Select(static metric => metric.Name)];
        string[] ofHistograms =
        [
            .. s_metrics
                .Where(static metric => metric.Kind == "histogram")
                .SelectMany(static metric => new[] { "_bucket", "_sum", "_count" }.Select(part => metric.Name + part)),
        ];
        Assert.Empty(MetricName().Matches(said).Select(static match => match.Value).Distinct().Except(names).Except(ofHistograms));
        // Neither a search nor this test finds a name that begins in the middle.
        Assert.Empty(Shortened().Matches(said).Select(static match => match.Value));
    }

    [Fact]
    public void Counters_EndInTotal_AndOnlyThey() =>
        Assert.DoesNotContain(
            s_metrics,
            static metric => metric.Name.EndsWith("_total", StringComparison.Ordinal) != (metric.Kind == "counter")
        );

    private static string Table()
    {
        var text = new StringBuilder("\n| metric | kind | meaning |\n| --- | --- | --- |\n");
        foreach (Metric metric in s_metrics)
        {
            text.Append($"| `{metric.Name}` | {metric.Kind} | {metric.Meaning} |\n");
        }

        return text.ToString();
    }

    [GeneratedRegex(@"\.Create(?<kind>\w+?)(<\w+>)?\(\s*""(?<name>waystation_\w+)""", RegexOptions.ExplicitCapture)]
    private static partial Regex Instrument();

    [GeneratedRegex(@"\bwaystation_[a-z_]+[a-z]\b")]
    private static partial Regex MetricName();

    [GeneratedRegex(@"`_[a-z_]+`|(?<!\w)`?(failures|quarantined|evicted_bytes|ended)_total\b")]
    private static partial Regex Shortened();

    /// <param name="Name">The name, as Prometheus has it.</param>
    /// <param name="Kind">Prometheus' word for the kind of the instrument.</param>
    /// <param name="Meaning">The description, which names the labels and their values.</param>
    private sealed partial record Metric(string Name, string Kind, string Meaning)
    {
        public static Metric Of(Match instrument, string source)
        {
            Match description = Description().Match(source, instrument.Index);
            Assert.True(description.Success, instrument.Value);
            return new Metric(
                instrument.Groups["name"].Value,
                instrument.Groups["kind"].Value switch
                {
                    "Counter" or "ObservableCounter" => "counter",
                    "Histogram" => "histogram",
                    _ => "gauge",
                },
                string.Concat(Piece().Matches(description.Groups["text"].Value).Select(static piece => piece.Groups["text"].Value))
            );
        }

        [GeneratedRegex(@"description:\s*(?<text>""[^""]*""(\s*\+\s*""[^""]*"")*)", RegexOptions.ExplicitCapture)]
        private static partial Regex Description();

        [GeneratedRegex(@"""(?<text>[^""]*)""", RegexOptions.ExplicitCapture)]
        private static partial Regex Piece();
    }
}
