namespace Waystation.Proxy.Settings;

/// <summary>How much of the node clients may hold, by their connections alone.</summary>
internal sealed record ClientLimits
{
    /// <summary>
    /// Connections that the kernel completes before the node has taken them. The system's own bound (net.core.somaxconn, 4096 on Linux
    /// since 5.4) holds as well; with the server's usual 512 a burst makes others try again after one, three and seven seconds.
    /// </summary>
    public int Backlog { get; init; } = 4_096;

    /// <summary>Client connections in all.</summary>
    public int MaxConnections { get; init; } = DefaultMaxConnections();

    /// <summary>Client connections of one address; <see cref="int.MaxValue"/> is no bound.</summary>
    public int MaxConnectionsPerAddress { get; init; } = 1_000;

    /// <summary>
    /// From the connection to the end of the first request's head, TLS included. A head of 64 KiB (Kerberos) over 10 KB/s takes seven
    /// seconds.
    /// </summary>
    public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a client may take nothing of what is there for it; as nginx's <c>send_timeout</c>.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes a second of an answer that a client takes at least, on average; less than any modem. 0 is no bound.</summary>
    public long MinRate { get; init; } = 1_024;

    /// <summary>
    /// A request holds the client's socket, mostly one to the primary and a file: with a third of the process's descriptors in connections,
    /// none of these fails for want of one.
    /// </summary>
    private static int DefaultMaxConnections() => (int)Math.Clamp(OpenFilesLimit.Read() / 3, 16, 10_000);
}
