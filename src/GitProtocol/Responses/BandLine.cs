using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Waystation.GitProtocol.Responses;

/// <summary>What a packet of the packfile section is.</summary>
public enum BandKind
{
    /// <summary>Bytes of the pack.</summary>
    PackData,

    /// <summary>Text for the user.</summary>
    Progress,

    /// <summary>The reason why there will be no more.</summary>
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

    /// <summary>Which band, or the end.</summary>
    public BandKind Kind { get; }

    /// <summary>What follows the number of the band.</summary>
    public ReadOnlySequence<byte> Payload { get; }
}
