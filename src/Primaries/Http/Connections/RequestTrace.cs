namespace Waystation.Primaries.Http.Connections;

/// <summary>
/// How far one request came, as its connection reports it (<see cref="PrimaryConnection"/>): this decides whether a failed request may be
/// sent again. The connection finds it through the asynchronous flow of the request.
/// </summary>
internal sealed class RequestTrace
{
    private static readonly HttpRequestOptionsKey<RequestTrace> s_key = new("waystation.trace");

    private static readonly AsyncLocal<RequestTrace?> s_current = new();

    /// <summary>The trace of the request in whose asynchronous flow the caller runs.</summary>
    public static RequestTrace? Current
    {
        get => s_current.Value;
        set => s_current.Value = value;
    }

    /// <summary>A byte of it may have left.</summary>
    public bool HasBegun { get; set; }

    /// <summary>It went over a connection that an earlier request had used.</summary>
    public bool IsReused { get; set; }

    /// <summary>The primary had closed the connection before the first byte was written.</summary>
    public bool MetClosed { get; set; }

    /// <summary>Whether a byte of the response has come.</summary>
    public bool HasAnswer { get; set; }

    /// <summary>Begins a new trace for a request that is about to be sent.</summary>
    public static RequestTrace Begin(HttpRequestMessage request)
    {
        var trace = new RequestTrace();
        request.Options.Set(s_key, trace);
        return trace;
    }

    /// <summary>The trace of the request; a new one if it has none.</summary>
    public static RequestTrace Of(HttpRequestMessage request) =>
        request.Options.TryGetValue(s_key, out RequestTrace? trace) ? trace : Begin(request);
}
