namespace Waystation.GitProtocol.PktLines;

/// <summary>The four kinds of packet (gitprotocol-v2, Packet-Line Framing).</summary>
public enum PktLineKind
{
    /// <summary>A data-pkt, perhaps empty.</summary>
    Data,

    /// <summary>0000: the end of a message.</summary>
    Flush,

    /// <summary>0001: the end of a section.</summary>
    Delim,

    /// <summary>0002: the end of a response on a stateless connection.</summary>
    ResponseEnd,
}
