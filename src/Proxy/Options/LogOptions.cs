using Waystation.CacheStore.Options;

namespace Waystation.Proxy.Options;

/// <summary>The section <c>Log</c>.</summary>
internal sealed class LogOptions
{
    [Setting("Whether the node logs more.", Page = "operations.md#logs")]
    public bool Verbose { get; init; }

    [Setting("How the log is written.", Page = "operations.md#logs")]
    public LogFormat Format { get; init; }
}
