namespace Waystation.GitProtocol.PktLines;

/// <summary>The framing of the pack in a v0 or v1 response; a v2 response always uses <see cref="Sideband64k"/>.</summary>
public enum SidebandKind
{
    /// <summary>The bare pack, to the end of the stream.</summary>
    None,

    /// <summary>Bands in packets of up to 1,000 bytes.</summary>
    Sideband,

    /// <summary>Bands in packets of up to 65,520 bytes.</summary>
    Sideband64k,
}
