namespace Waystation.FetchCore.Access.Tickets;

/// <summary>A ticket in its place in the <see cref="TicketTable"/>.</summary>
internal sealed class TicketEntry
{
    public TicketEntry(RepositoryTickets repository, Credential credential, long now)
    {
        Repository = repository;
        Credential = credential;
        FirstAt = now;
        Age = new LinkedListNode<TicketEntry>(this);
        Newcomer = new LinkedListNode<TicketEntry>(this);
        Anonymous = new LinkedListNode<TicketEntry>(this);
        OfCredential = new LinkedListNode<TicketEntry>(this);
    }

    public RepositoryTickets Repository { get; }

    public Credential Credential { get; }

    public long FirstAt { get; }

    public Ticket Ticket { get; set; } = Ticket.Empty;

    /// <summary>The bytes of its listings, as if nobody shared them.</summary>
    public long Bytes { get; set; }

    /// <summary>The time of its last change.</summary>
    public long ChangedAt { get; set; }

    /// <summary>Whether it was used again after a second, so that no newcomer takes its place.</summary>
    public bool IsEstablished { get; set; }

    /// <summary>Its place among all, the longest unchanged first.</summary>
    public LinkedListNode<TicketEntry> Age { get; }

    /// <summary>Its place among the newcomers of its repository; in no list once it is established.</summary>
    public LinkedListNode<TicketEntry> Newcomer { get; }

    /// <summary>Its place among all newcomers without a login; in no list once it is established, or with a login.</summary>
    public LinkedListNode<TicketEntry> Anonymous { get; }

    /// <summary>Its place among the tickets of its credential.</summary>
    public LinkedListNode<TicketEntry> OfCredential { get; }
}
