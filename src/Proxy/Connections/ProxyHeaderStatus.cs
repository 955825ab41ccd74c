namespace Waystation.Proxy.Connections;

/// <summary>What the first bytes of a connection are, to a reader of the PROXY protocol.</summary>
internal enum ProxyHeaderStatus
{
    /// <summary>No header: the connection begins with TLS or HTTP.</summary>
    Absent,

    /// <summary>Too few bytes to tell.</summary>
    Unfinished,

    /// <summary>A header that nobody can read. The connection must end (doc/proxy-protocol.txt, 2).</summary>
    Malformed,

    /// <summary>A header.</summary>
    Whole,
}
