namespace Waystation.GitProtocol.PktLines;

/// <summary>How the pack of a v0 or v1 answer is framed; in v2 always as <see cref="Sideband64k"/>.</summary>
public enum SidebandKind
{
    /// <summary>The bare pack, to the end of the stream.</summary>
    None,

    /// <summary>Bands in packets of up to 1,000 bytes.</summary>
    Sideband,

    /// <summary>Bands in packets of up to 65,520 bytes.</summary>
    Sideband64k,
}
