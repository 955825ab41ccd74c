using System.Globalization;

namespace Waystation.TestKit.Servers;

/// <summary>One reading of <c>/metrics</c>, in Prometheus' text format.</summary>
public sealed class NodeMetrics
{
    private readonly IReadOnlyList<(string Name, string Labels, double Value)> _samples;

    private NodeMetrics(IReadOnlyList<(string, string, double)> samples) => this._samples = samples;

    public static NodeMetrics Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new NodeMetrics([.. text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(ParseSample)]);
    }

    /// <summary>The sum of the samples that have this name and all of these labels (<c>outcome="hit"</c>); 0 when there is none.</summary>
    public double Sum(string name, params IReadOnlyList<string> labels) =>
        _samples
            .Where(sample => sample.Name == name && labels.All(label => sample.Labels.Contains(label, StringComparison.Ordinal)))
            .Sum(sample => sample.Value);

    /// <summary>How many fetches ended so: <c>hit</c>, <c>join</c>, <c>local</c> or <c>forward</c>.</summary>
    public double Fetches(string outcome) => Sum("waystation_fetches_total", $"outcome=\"{outcome}\"");

    /// <summary>The samples of this name by the value of one label, as <c>reason</c>.</summary>
    public IReadOnlyDictionary<string, double> By(string name, string label) =>
        _samples
            .Where(sample => sample.Name == name)
            .GroupBy(sample => ValueOf(sample.Labels, label), sample => sample.Value)
            .ToDictionary(group => group.Key, group => group.Sum());

    public bool Has(string name) => _samples.Any(sample => sample.Name == name);

    private static (string Name, string Labels, double Value) ParseSample(string line)
    {
        int labelled = line.IndexOf('{', StringComparison.Ordinal);
        int end = labelled >= 0 ? line.LastIndexOf('}') + 1 : line.IndexOf(' ', StringComparison.Ordinal);
        string value = line[end..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return labelled >= 0 ? (line[..labelled], line[labelled..end], Number(value)) : (line[..end], "", Number(value));
    }

    private static string ValueOf(string labels, string label)
    {
        string begin = label + "=\"";
        int at = labels.IndexOf(begin, StringComparison.Ordinal);
        return at < 0 ? "" : labels[(at + begin.Length)..labels.IndexOf('"', at + begin.Length)];
    }

    private static double Number(string text) =>
        text switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            _ => double.Parse(text, CultureInfo.InvariantCulture),
        };
}
