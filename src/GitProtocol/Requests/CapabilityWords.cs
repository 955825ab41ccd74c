using Waystation.GitProtocol.PktLines;

namespace Waystation.GitProtocol.Requests;

/// <summary>The capabilities of v0 and v1 (gitprotocol-capabilities), as text: they share one line, separated by spaces.</summary>
public static class CapabilityWords
{
    /// <summary>Each common have is acknowledged.</summary>
    public const string MultiAck = "multi_ack";

    /// <summary>Each common have is acknowledged, with "common" or "ready".</summary>
    public const string MultiAckDetailed = "multi_ack_detailed";

    /// <summary>The pack may follow "ready".</summary>
    public const string NoDone = "no-done";

    /// <summary>Bands in packets of up to 1,000 bytes.</summary>
    public const string Sideband = "side-band";

    /// <summary>Bands in packets of up to 65,520 bytes.</summary>
    public const string Sideband64k = "side-band-64k";

    /// <summary>Delta bases may be missing.</summary>
    public const string ThinPack = "thin-pack";

    /// <summary>Delta bases may be named by position.</summary>
    public const string OfsDelta = "ofs-delta";

    /// <summary>Nothing on band 2.</summary>
    public const string NoProgress = "no-progress";

    /// <summary>Annotated tags come too.</summary>
    public const string IncludeTag = "include-tag";

    /// <summary>The depth counts from the client's boundary.</summary>
    public const string DeepenRelative = "deepen-relative";

    /// <summary>A boundary by date.</summary>
    public const string DeepenSince = "deepen-since";

    /// <summary>A boundary by name.</summary>
    public const string DeepenNot = "deepen-not";

    /// <summary>Shallow clones.</summary>
    public const string Shallow = "shallow";

    /// <summary>Partial clones.</summary>
    public const string Filter = "filter";

    /// <summary>A want may be the id of any ref's tip.</summary>
    public const string AllowTip = "allow-tip-sha1-in-want";

    /// <summary>A want may be any id that a ref leads to.</summary>
    public const string AllowReachable = "allow-reachable-sha1-in-want";

    /// <summary>How haves are acknowledged, by the best of these words.</summary>
    public static MultiAck MultiAckOf(IReadOnlySet<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        return words.Contains(MultiAckDetailed) ? Requests.MultiAck.Detailed
            : words.Contains(MultiAck) ? Requests.MultiAck.MultiAck
            : Requests.MultiAck.None;
    }

    /// <summary>How the pack is framed, by the best of these words.</summary>
    public static SidebandKind SidebandOf(IReadOnlySet<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        return words.Contains(Sideband64k) ? SidebandKind.Sideband64k
            : words.Contains(Sideband) ? SidebandKind.Sideband
            : SidebandKind.None;
    }
}
