namespace Waystation.Proxy.Http;

/// <summary>
/// The fields by which balancers, meshes and tracers number requests. They are new with each request and say nothing of who asks, so they
/// are passed on and belong to no credential. What says something of the client, such as its address or its certificate, is not among them.
/// </summary>
internal static class TraceFields
{
    private static readonly HashSet<string> s_names = new(StringComparer.OrdinalIgnoreCase)
    {
        // W3C Trace Context and Baggage, and the names that software has had for the same before.
        "traceparent", "tracestate", "baggage", "Correlation-Context", "Request-Id", "Request-Context",
        "X-Request-Id", "X-Request-Start", "X-Queue-Start", "X-Correlation-Id", "Correlation-Id", "X-Trace-Id", "Trace-Id", "X-Span-Id",
        "X-Transaction-Id", "X-Unique-Id",

        // Clouds and content networks: AWS, Google, Azure, Cloudflare, Fastly, Fly, Render, Vercel, Oracle, IBM, Alibaba, Tencent, OVH,
        // Heroku, Cloud Foundry.
        "X-Amzn-Trace-Id", "X-Amzn-RequestId", "X-Amz-Cf-Id", "X-Cloud-Trace-Context", "X-Azure-Ref", "X-Arr-Log-Id",
        "X-Appgw-Trace-Id", "X-Ms-Request-Id", "X-Ms-Client-Request-Id", "X-Ms-Correlation-Request-Id", "Cf-Ray", "X-Timer",
        "Fly-Request-Id", "Rndr-Id", "X-Vercel-Id", "Opc-Request-Id", "X-Global-Transaction-Id", "EagleEye-TraceId", "EagleId",
        "X-Nws-Log-Uuid", "X-Iplb-Request-Id", "Connect-Time", "Total-Route-Time", "X-Vcap-Request-Id",

        // Meshes and gateways: Envoy and Istio, Linkerd, Kong.
        "X-Envoy-Attempt-Count", "X-Envoy-Expected-Rq-Timeout-Ms", "X-Client-Trace-Id", "X-Ot-Span-Context",
        "L5d-Ctx-Trace", "L5d-Ctx-Span", "L5d-Ctx-Deadline", "L5d-Reqid", "X-Kong-Request-Id", "Kong-Request-Id",

        // Tracers: Zipkin, Jaeger, OpenTracing, Datadog, New Relic, Elastic, Dynatrace, Instana, AppDynamics, Sentry, SkyWalking,
        // Honeycomb.
        "b3", "X-B3-TraceId", "X-B3-SpanId", "X-B3-ParentSpanId", "X-B3-Sampled", "X-B3-Flags",
        "Uber-Trace-Id", "Jaeger-Debug-Id", "Jaeger-Baggage", "Ot-Tracer-TraceId", "Ot-Tracer-SpanId", "Ot-Tracer-Sampled",
        "X-Datadog-Trace-Id", "X-Datadog-Parent-Id", "X-Datadog-Sampling-Priority", "X-Datadog-Origin", "X-Datadog-Tags",
        "newrelic", "X-NewRelic-Id", "X-NewRelic-Transaction", "Elastic-Apm-Traceparent", "X-DynaTrace",
        "X-Instana-T", "X-Instana-S", "X-Instana-L", "SingularityHeader", "Sentry-Trace", "sw8", "sw8-x", "sw8-correlation",
        "X-Honeycomb-Trace",
    };

    public static bool Contains(string name) => s_names.Contains(name) || name.StartsWith("uberctx-", StringComparison.OrdinalIgnoreCase);
}
