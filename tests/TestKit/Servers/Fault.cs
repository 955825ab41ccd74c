namespace Waystation.TestKit.Servers;

/// <summary>The effect of a <see cref="FaultyRelay"/> on its requests.</summary>
public sealed record Fault(FaultKind Kind)
{
    public static readonly Fault None = new(FaultKind.None);

    public static readonly Fault Refuse = new(FaultKind.Refuse);

    public static readonly Fault Silent = new(FaultKind.Silent);

    public static readonly Fault Reset = new(FaultKind.Reset);

    /// <summary>The status that <see cref="FaultKind.Status"/> answers with.</summary>
    public int Status { get; init; } = 503;

    /// <summary>Sent as <c>Retry-After</c>; null sends none.</summary>
    public string? RetryAfter { get; init; }

    /// <summary>How long <see cref="FaultKind.Delay"/> waits before it asks the server.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>A further condition for the end of <see cref="FaultKind.Delay"/>.</summary>
    public Func<Task> Until { get; init; } = static () => Task.CompletedTask;

    /// <summary>Which requests it is meant for; all by default. Refused connections are refused whatever they were for.</summary>
    public Func<RelayedRequest, bool> Concerns { get; init; } = static _ => true;

    public static Fault Answers(int status, string? retryAfter = null) =>
        new(FaultKind.Status) { Status = status, RetryAfter = retryAfter };

    public static Fault Slow(TimeSpan wait) => new(FaultKind.Delay) { Wait = wait };
}

public enum FaultKind
{
    None,

    /// <summary>No process listens, and open connections are closed.</summary>
    Refuse,

    /// <summary>Connections are accepted, requests read, and nothing is said.</summary>
    Silent,

    /// <summary>The connection is reset in the middle of the answer.</summary>
    Reset,

    /// <summary>Every request is answered with a status.</summary>
    Status,

    /// <summary>The answer ends short of its <c>Content-Length</c>.</summary>
    ShortOfLength,

    /// <summary>A chunked answer ends without its last chunk.</summary>
    ChunksWithoutEnd,

    /// <summary><c>Content-Length</c> says less than is sent.</summary>
    LengthTooSmall,

    /// <summary><c>Content-Length</c> says more than there is.</summary>
    LengthTooLarge,

    /// <summary>The answer comes late.</summary>
    Delay,
}
