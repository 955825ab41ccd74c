namespace Waystation.FetchCore.Access.Tickets;

/// <summary>The bounds of tickets and refusals.</summary>
internal sealed record TicketBounds
{
    /// <summary>Guards memory against clients that invent credentials: a public primary accepts each of them.</summary>
    public int Tickets { get; init; } = 65_536;

    /// <summary>The number of these that may keep their place against newcomers.</summary>
    public int Established { get; init; } = 32_768;

    /// <summary>
    /// The bytes that all tickets hold: listings of ten million refs, or many small ones. Equal listings of one repository count once.
    /// </summary>
    public long Bytes { get; init; } = 384L << 20;

    /// <summary>The tickets of one credential above which it makes room before others do.</summary>
    public int OfOneCredential => Tickets / 16;

    /// <summary>The tickets without a login above which these make room before others do; established ones are bounded alike.</summary>
    public int OfAnonymous => Tickets / 2;

    /// <summary>The bytes of one credential's tickets above which it makes room before others do.</summary>
    public long BytesOfOneCredential => Bytes / 8;

    /// <summary>The bytes of tickets without a login above which these make room before others do.</summary>
    public long BytesOfAnonymous => Bytes / 2;

    /// <summary>Refusals have their own bound, because any client can cause them.</summary>
    public int Refusals { get; init; } = 65_536;
}
