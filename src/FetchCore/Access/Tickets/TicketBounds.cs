namespace Waystation.FetchCore.Access.Tickets;

/// <summary>The bounds of tickets and refusals.</summary>
internal sealed record TicketBounds
{
    /// <summary>Guards memory against clients that invent credentials: a public primary accepts each of them.</summary>
    public int Tickets { get; init; } = 65_536;

    /// <summary>The number of these that may keep their place against newcomers.</summary>
    public int Established { get; init; } = 32_768;

    /// <summary>
    /// The bytes that all tickets hold: listings of two million refs, or many small ones. Equal listings of one repository count once.
    /// </summary>
    public long Bytes { get; init; } = 384L << 20;

    /// <summary>Refusals have their own bound, because any client can cause them.</summary>
    public int Refusals { get; init; } = 65_536;
}
