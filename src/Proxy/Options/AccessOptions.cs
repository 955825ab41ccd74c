using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Options;
using Waystation.Proxy.Options.Checks;

namespace Waystation.Proxy.Options;

/// <summary>The section <c>Access</c>.</summary>
internal sealed class AccessOptions
{
    [Setting(
        "The time that an answer of the primary about access holds. 0 asks the primary on every fetch.",
        Page = "security.md#who-may-get-a-cached-byte"
    )]
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan TicketLifetime { get; init; } = TimeSpan.FromSeconds(30);

    [Setting(
        "Request headers that do not say who the client is, beside the trace numbers that the node knows.",
        Page = "operations.md#a-balancer-in-front"
    )]
    [HeaderName]
    public IReadOnlyList<string> IgnoredHeaders { get; init; } = [];

    /// <summary>
    /// A Kerberos token is 65,535 bytes at most where Windows issues it (MaxTokenSize), 87,384 in base64; the rest is for cookies and
    /// what balancers add. The server receives as much of a connection ahead of its reader, so ten thousand connections cost that often.
    /// </summary>
    [Setting("The longest head of a client's request, with its credential.")]
    [Range(typeof(long), "16384", "524288")]
    public long MaxHeaders { get; init; } = 128 * 1024;
}
