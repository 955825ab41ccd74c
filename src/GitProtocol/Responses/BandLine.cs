using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Waystation.GitProtocol.Responses;

/// <summary>The kind of a packet of the packfile section.</summary>
public enum BandKind
{
    /// <summary>Bytes of the pack.</summary>
    PackData,

    /// <summary>Text for the user.</summary>
    Progress,

    /// <summary>The reason why the pack ends early.</summary>
    Error,

    /// <summary>An empty packet: a sign that the server is alive.</summary>
    Keepalive,

    /// <summary>The flush-pkt that ends the response.</summary>
    End,
}

/// <summary>One packet of the packfile section, a view of the buffer it was read from.</summary>
[SuppressMessage("Performance", "CA1815", Justification = "A view, read once and never compared.")]
public readonly struct BandLine
{
    internal BandLine(BandKind kind, ReadOnlySequence<byte> payload = default)
    {
        Kind = kind;
        Payload = payload;
    }

    /// <summary>The band, or the end.</summary>
    public BandKind Kind { get; }

    /// <summary>The bytes after the number of the band.</summary>
    public ReadOnlySequence<byte> Payload { get; }
}
