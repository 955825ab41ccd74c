namespace Waystation.Primaries.Http.Connections;

/// <summary>
/// What is known of one request on its way, as the connection beneath it tells (<see cref="PrimaryConnection"/>): whether it may be sent
/// again when it has failed. It is found by whoever writes in the flow of that request.
/// </summary>
internal sealed class RequestTrace
{
    private static readonly HttpRequestOptionsKey<RequestTrace> s_key = new("waystation.trace");

    private static readonly AsyncLocal<RequestTrace?> s_current = new();

    /// <summary>That of the request in whose flow this is asked.</summary>
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

    /// <summary>A byte of the answer has come.</summary>
    public bool HasAnswer { get; set; }

    /// <summary>A new one for a request that is about to be sent.</summary>
    public static RequestTrace Begin(HttpRequestMessage request)
    {
        var trace = new RequestTrace();
        request.Options.Set(s_key, trace);
        return trace;
    }

    /// <summary>The request's; a new one where it has none.</summary>
    public static RequestTrace Of(HttpRequestMessage request) =>
        request.Options.TryGetValue(s_key, out RequestTrace? trace) ? trace : Begin(request);
}
