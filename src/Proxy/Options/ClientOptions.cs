using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Options;

namespace Waystation.Proxy.Options;

/// <summary>The section <c>Clients</c>: the limits of clients' connections.</summary>
internal sealed class ClientOptions
{
    private const string Page = "operations.md#a-crowd-at-the-door";

    /// <summary>Below two seconds the server's own clock, of one second, is too coarse.</summary>
    private const string LeastTimeout = "00:00:02";

    /// <summary>
    /// A request holds the client's socket, mostly one to the primary and a file: with a third of the process's descriptors in connections,
    /// none of these fails because descriptors are missing.
    /// </summary>
    [Setting(
        "Client connections at once.",
        Default = "10000, or a third of the files that the process may open if that is less",
        Page = Page
    )]
    [Range(1, 1_000_000)]
    public int MaxConnections { get; init; } = (int)Math.Clamp(OpenFilesLimit.Read() / 3, 16, 10_000);

    [Setting("Connections of one client address at once. 0 is no limit.", Page = Page)]
    [Range(0, 1_000_000)]
    public int MaxConnectionsPerAddress { get; init; } = 1_000;

    /// <summary>
    /// The system's own bound (net.core.somaxconn, 4096 on Linux since 5.4) holds as well; with the server's usual 512 a burst makes others
    /// try again after one, three and seven seconds.
    /// </summary>
    [Setting("Connections that the kernel completes before the node takes them. net.core.somaxconn limits it too.", Page = Page)]
    [Range(1, 65_535)]
    public int Backlog { get; init; } = 4_096;

    /// <summary>A head of 64 KiB (Kerberos) over 10 KB/s takes seven seconds.</summary>
    [Setting("The time from a client's connection to the end of its first request's head, with the TLS handshake.", Page = Page)]
    [Range(typeof(TimeSpan), LeastTimeout, "00:10:00")]
    public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>As nginx's <c>send_timeout</c>.</summary>
    [Setting("The time that a client may take nothing of the answer that waits for it.", Page = Page)]
    [Range(typeof(TimeSpan), LeastTimeout, "01:00:00")]
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Slower than any modem.</summary>
    [Setting(
        "Bytes of its answer that a client must take, or of its body that it must send, each second, on average. 0 is no limit.",
        Page = Page
    )]
    public long MinRate { get; init; } = 1_024;

    /// <summary>No limit by default: only the operator knows how many people, and how many CI jobs, share an address.</summary>
    [Setting("Requests of one client address in a minute, SSH commands included. 0 is no limit.", Page = Page)]
    [Range(0, 100_000_000)]
    public int MaxRequestsPerAddress { get; init; }

    [Setting("Requests with one login in a minute, SSH commands with one key included. 0 is no limit.", Page = Page)]
    [Range(0, 100_000_000)]
    public int MaxRequestsPerCredential { get; init; }
}
