using Waystation.GitProtocol.PktLines;
using Waystation.GitProtocol.Responses;

namespace Waystation.GitProtocol.Requests;

/// <summary>
/// The form in which one client wants the response to its fetch. It does not change the objects of the response, so requests that
/// differ only here share one cached pack. <see cref="ResponseCodec"/> writes and reads a response in this form.
/// </summary>
public sealed record ResponseFraming
{
    /// <summary>Protocol v2, with progress.</summary>
    public static readonly ResponseFraming V2 = new();

    /// <summary>0, 1 or 2.</summary>
    public int ProtocolVersion { get; init; } = 2;

    /// <summary>v0 and v1: how the pack is framed.</summary>
    public SidebandKind SidebandKind { get; init; } = SidebandKind.Sideband64k;

    /// <summary>Whether the pack comes in bands.</summary>
    public bool HasBands => SidebandKind != SidebandKind.None;

    /// <summary>v2: the whole response in bands.</summary>
    public bool SidebandAll { get; init; }

    /// <summary>Nothing on band 2.</summary>
    public bool NoProgress { get; init; }

    /// <summary>v0 and v1: how haves are acknowledged.</summary>
    public MultiAck MultiAck { get; init; }

    /// <summary>v0 and v1: the pack may follow "ready" without another round.</summary>
    public bool NoDone { get; init; }

    /// <summary>v0 and v1 on a channel: the client has heard its new boundary, which a response begins with otherwise.</summary>
    public bool IsToldBoundary { get; init; }

    /// <summary>
    /// When the pack comes in v0 and v1. Only multi_ack_detailed has the word "ready", and a server says it only to haves.
    /// </summary>
    /// <param name="done">Whether the client has said done.</param>
    /// <param name="hasHaves">Whether the client has named haves.</param>
    public PackWhen WhenPackComes(bool done, bool hasHaves) =>
        done ? PackWhen.AtOnce
        : NoDone && MultiAck == MultiAck.Detailed && hasHaves ? PackWhen.WhenReady
        : PackWhen.Never;
}
