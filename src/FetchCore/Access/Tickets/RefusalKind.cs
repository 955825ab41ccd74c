namespace Waystation.FetchCore.Access.Tickets;

/// <summary>What a refusal of the primary ends.</summary>
public enum RefusalKind
{
    /// <summary>Reading was refused: the ticket, the record for an outage and the permissions for LFS objects end.</summary>
    Reading,

    /// <summary>Something else was refused: the ticket ends, and the record for an outage stays.</summary>
    Doubt,

    /// <summary>LFS was refused: the permissions for LFS objects end.</summary>
    Lfs,
}
