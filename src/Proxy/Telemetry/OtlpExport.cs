using System.Reflection;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Waystation.CacheStore;
using Waystation.FetchCore.Observing;
using Waystation.Proxy.Options;
using Waystation.Proxy.Options.Reading;

namespace Waystation.Proxy.Telemetry;

/// <summary>
/// Exports metrics and traces by OTLP, and makes the log do the same. The batches are bounded, and a server that does not answer holds up
/// no request.
/// </summary>
internal sealed class OtlpExport : IDisposable
{
    private readonly MeterProvider _metrics;
    private readonly TracerProvider _traces;

    /// <param name="options">The operator's settings, with a URL.</param>
    /// <param name="node">The name of this node.</param>
    public OtlpExport(TelemetryOptions options, string node)
    {
        ResourceBuilder resource = ResourceOf(node);
        _metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(FetchMeters.MeterName, "System.Runtime")
            .AddOtlpExporter(
                (exporter, reader) =>
                {
                    Point(exporter, options, "v1/metrics");
                    reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)options.MetricsInterval.TotalMilliseconds;
                }
            )
            .Build();
        _traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource(Spans.SourceName)
            // By the id of the trace alone: a client's flag must not make the operator pay.
            .SetSampler(new TraceIdRatioBasedSampler(options.TracePercent / 100.0))
            .AddOtlpExporter(exporter => Point(exporter, options, "v1/traces"))
            .Build();
    }

    /// <summary>Makes the log go out too.</summary>
    public static void AddLogs(ILoggingBuilder logging, TelemetryOptions options, string node) =>
        logging.AddOpenTelemetry(logger =>
        {
            logger.IncludeFormattedMessage = true;
            logger.SetResourceBuilder(ResourceOf(node));
            logger.AddOtlpExporter(exporter => Point(exporter, options, "v1/logs"));
        });

    /// <inheritdoc />
    public void Dispose()
    {
        _traces.Dispose();
        _metrics.Dispose();
    }

    private static ResourceBuilder ResourceOf(string node) =>
        ResourceBuilder
            .CreateEmpty()
            .AddService(
                "waystation",
                serviceVersion: typeof(OtlpExport)
                    .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
                    ?.InformationalVersion,
                serviceInstanceId: node
            );

    private static void Point(OtlpExporterOptions exporter, TelemetryOptions options, string path)
    {
        bool isHttp = options.OtlpProtocol == OtlpProtocol.Http;
        exporter.Protocol = isHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        exporter.Endpoint = isHttp ? new Uri($"{options.OtlpUrl!.AbsoluteUri.TrimEnd('/')}/{path}") : options.OtlpUrl!;
        List<KeyValuePair<string, string>> fields = FieldsIn(options.OtlpHeadersFile);
        exporter.HttpClientFactory = () =>
        {
            var handler = new SocketsHttpHandler { AllowAutoRedirect = false, ActivityHeadersPropagator = null };
            var client = new HttpClient(handler) { Timeout = TimeSpan.FromMilliseconds(exporter.TimeoutMilliseconds) };
            foreach ((string name, string value) in fields)
            {
                client.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
            }

            return client;
        };
    }

    /// <exception cref="SettingsException">A line is no field.</exception>
    private static List<KeyValuePair<string, string>> FieldsIn(string? file)
    {
        List<KeyValuePair<string, string>> fields = [];
        foreach (string line in file is null ? [] : File.ReadAllLines(file).Where(static line => line.Trim().Length > 0))
        {
            if (line.Split(':', 2, StringSplitOptions.TrimEntries) is not [{ Length: > 0 } name, { Length: > 0 } value])
            {
                throw new SettingsException([$"Telemetry:OtlpHeadersFile = \"{file}\": accepted is one 'Name: value' a line"]);
            }

            fields.Add(new(name, value));
        }

        return fields;
    }
}
