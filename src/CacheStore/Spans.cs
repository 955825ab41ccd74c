using System.Diagnostics;

namespace Waystation.CacheStore;

/// <summary>
/// The spans of the node's traces, from the front end to the git process. They are OpenTelemetry's spans, which .NET calls activities.
/// Without an exporter nobody listens, every span is null, and a request pays for one test.
/// </summary>
public static class Spans
{
    /// <summary>The name of the source, for the exporter.</summary>
    public const string SourceName = "Waystation";

    private static readonly ActivitySource s_source = new(SourceName);

    /// <summary>
    /// Begins the first span of a trace. ASP.NET's own span would have the whole target, in which a signed URL has its signature, so it
    /// takes no part.
    /// </summary>
    /// <param name="name">The front end.</param>
    /// <param name="client">The client's span, which is then the parent (W3C Trace Context, <c>traceparent</c>).</param>
    public static Activity? BeginRequest(string name, string? client = null)
    {
        if (!s_source.HasListeners())
        {
            return null;
        }

        _ = ActivityContext.TryParse(client, traceState: null, isRemote: true, out ActivityContext parent);
        Activity.Current = null;
        return s_source.StartActivity(name, ActivityKind.Server, parent);
    }

    /// <summary>Begins a span below the current one.</summary>
    public static Activity? Begin(string name, ActivityKind kind = ActivityKind.Internal) => s_source.StartActivity(name, kind);

    /// <summary>Begins a span below the current one, which stays the current one: other work goes on beside it.</summary>
    public static Activity? BeginBeside(string name)
    {
        Activity? current = Activity.Current;
        Activity? begun = s_source.StartActivity(name);
        Activity.Current = current;
        return begun;
    }

    /// <summary>Begins the span of a request to the primary.</summary>
    /// <param name="kind">The kind, as in <c>waystation_upstream_requests_total</c>.</param>
    public static Activity? BeginUpstream(string kind) => Begin("upstream", ActivityKind.Client)?.SetTag("kind", kind);
}
