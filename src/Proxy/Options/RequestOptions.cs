using Waystation.CacheStore.Options;

namespace Waystation.Proxy.Options;

/// <summary>The section <c>Requests</c>.</summary>
internal sealed class RequestOptions
{
    [Setting("Memory for all requests together, as they come, parsed and as text for git. A request that finds no room is forwarded.")]
    public long MaxMemory { get; init; } = 160L << 20;
}
