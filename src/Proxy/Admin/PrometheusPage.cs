using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using Waystation.FetchCore.Observing;

namespace Waystation.Proxy.Admin;

/// <summary>
/// The metrics in the text format of Prometheus (0.0.4). OpenTelemetry aggregates them. The exporter package for this format is not
/// always available (docs/decisions/packages.md), and the format is one page long.
/// </summary>
internal sealed class PrometheusPage : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly Lock _gate = new();
    private readonly TextExporter _exporter = new();
    private readonly BaseExportingMetricReader _reader;
    private readonly MeterProvider _provider;

    public PrometheusPage()
    {
        _reader = new BaseExportingMetricReader(_exporter);
        _provider = Sdk.CreateMeterProviderBuilder().AddMeter(FetchMeters.MeterName, "System.Runtime").AddReader(_reader).Build();
    }

    public string Render()
    {
        lock (_gate)
        {
            _reader.Collect();
            return _exporter.Text;
        }
    }

    public void Dispose()
    {
        _provider.Dispose();
        _reader.Dispose();
        _exporter.Dispose();
    }

    private sealed class TextExporter : BaseExporter<Metric>
    {
        public string Text { get; private set; } = "";

        public override ExportResult Export(in Batch<Metric> batch)
        {
            var text = new StringBuilder();
            foreach (Metric metric in batch)
            {
                string name = metric.Name.Replace('.', '_');
                text.Append("# HELP ").Append(name).Append(' ').Append(metric.Description.ReplaceLineEndings(" ")).Append('\n');
                text.Append("# TYPE ").Append(name).Append(' ').Append(TypeOf(metric)).Append('\n');
                foreach (ref readonly MetricPoint point in metric.GetMetricPoints())
                {
                    WritePoint(text, name, metric.MetricType, point);
                }
            }

            Text = text.ToString();
            return ExportResult.Success;
        }

        private static string TypeOf(Metric metric) =>
            metric.MetricType.IsHistogram() ? "histogram"
            : metric.MetricType.IsSum() && !metric.MetricType.ToString().EndsWith("NonMonotonic", StringComparison.Ordinal) ? "counter"
            : "gauge";

        private static void WritePoint(StringBuilder text, string name, MetricType type, in MetricPoint point)
        {
            if (type.IsHistogram())
            {
                long cumulative = 0;
                foreach (HistogramBucket bucket in point.GetHistogramBuckets())
                {
                    cumulative += bucket.BucketCount;
                    string bound = double.IsPositiveInfinity(bucket.ExplicitBound) ? "+Inf" : Number(bucket.ExplicitBound);
                    WriteLine(text, name + "_bucket", point, cumulative.ToString(CultureInfo.InvariantCulture), bound);
                }

                WriteLine(text, name + "_sum", point, Number(point.GetHistogramSum()));
                WriteLine(text, name + "_count", point, point.GetHistogramCount().ToString(CultureInfo.InvariantCulture));
                return;
            }

            double value = type switch
            {
                _ when type.IsSum() && type.IsLong() => point.GetSumLong(),
                _ when type.IsSum() => point.GetSumDouble(),
                _ when type.IsLong() => point.GetGaugeLastValueLong(),
                _ => point.GetGaugeLastValueDouble(),
            };
            WriteLine(text, name, point, Number(value));
        }

        private static void WriteLine(StringBuilder text, string name, in MetricPoint point, string value, string? bound = null)
        {
            List<string> labels = [];
            foreach (KeyValuePair<string, object?> tag in point.Tags)
            {
                string label = Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "";
                string escaped = label
                    .Replace("\\", "\\\\", StringComparison.Ordinal)
                    .Replace("\"", "\\\"", StringComparison.Ordinal)
                    .ReplaceLineEndings("\\n");
                labels.Add($"{tag.Key.Replace('.', '_')}=\"{escaped}\"");
            }

            if (bound is not null)
            {
                labels.Add($"le=\"{bound}\"");
            }

            text.Append(name);
            if (labels.Count > 0)
            {
                text.Append('{').AppendJoin(',', labels).Append('}');
            }

            text.Append(' ').Append(value).Append('\n');
        }

        private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
    }
}
