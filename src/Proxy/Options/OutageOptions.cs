using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Options;

namespace Waystation.Proxy.Options;

/// <summary>The section <c>Outage</c>.</summary>
internal sealed class OutageOptions
{
    [Setting(
        "While the primary is down: the time after the primary's last answer to a credential in which the node still serves it. "
            + "0 serves nobody.",
        Page = "operations.md#outages"
    )]
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan ServeFor { get; init; } = TimeSpan.FromMinutes(10);
}
