namespace Waystation.Primaries.Lfs;

/// <summary>From where an address can be reached.</summary>
internal enum AddressKind
{
    /// <summary>From everywhere.</summary>
    Public,

    /// <summary>From the same machine: 127.0.0.0/8, ::1, and the unspecified address, which leads there.</summary>
    Loopback,

    /// <summary>From an organisation's network: RFC 1918, RFC 4193, RFC 6598.</summary>
    Private,

    /// <summary>From the same link: 169.254.0.0/16, fe80::/10. Clouds have their services for machines there.</summary>
    LinkLocal,

    /// <summary>No single host: multicast, broadcast and reserved addresses.</summary>
    NoHost,
}
