namespace Waystation.FetchCore.Access.Tickets;

/// <summary>How much is remembered of who was accepted and who was refused.</summary>
internal sealed record TicketBounds
{
    /// <summary>Guards memory against clients that invent credentials: the primary must have accepted each, but it may be public.</summary>
    public int Tickets { get; init; } = 65_536;

    /// <summary>Of these, so many may keep their place against newcomers.</summary>
    public int Established { get; init; } = 32_768;

    /// <summary>What all tickets hold: listings of two million refs, or many small ones. Equal ones of one repository count once.</summary>
    public long Bytes { get; init; } = 384L << 20;

    /// <summary>Refusals, remembered apart, for anybody can make them.</summary>
    public int Refusals { get; init; } = 65_536;
}
