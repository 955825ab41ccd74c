using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Options;
using Waystation.Primaries;

namespace Waystation.Proxy.Options;

/// <summary>The section <c>Telemetry</c>: the export of metrics, traces and logs.</summary>
internal sealed class TelemetryOptions
{
    private const string Page = "observability.md#export-by-otlp";

    [Setting("The server that takes metrics, traces and logs by OTLP. Without it the node exports nothing.", Page = Page)]
    [ServerUrl]
    public Uri? OtlpUrl { get; init; }

    [Setting("The transport of OTLP: gRPC, or protobuf over HTTP.", Page = Page)]
    public OtlpProtocol OtlpProtocol { get; init; }

    [Setting("A file with header fields for that server, one 'Name: value' a line.", Page = Page)]
    [ExistingFile]
    public string? OtlpHeadersFile { get; init; }

    [Setting("Of a hundred requests, the number whose trace is exported.", Page = Page)]
    [Range(0, 100)]
    public int TracePercent { get; init; } = 100;

    [Setting("The time from one export of the metrics to the next.", Page = Page)]
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan MetricsInterval { get; init; } = TimeSpan.FromMinutes(1);
}
