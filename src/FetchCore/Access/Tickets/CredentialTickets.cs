namespace Waystation.FetchCore.Access.Tickets;

/// <summary>The tickets of one credential for all repositories.</summary>
internal sealed class CredentialTickets
{
    /// <summary>The longest unchanged first.</summary>
    public LinkedList<TicketEntry> Entries { get; } = new();

    /// <summary>The bytes of their listings, as if nobody shared them.</summary>
    public long Bytes { get; set; }
}
