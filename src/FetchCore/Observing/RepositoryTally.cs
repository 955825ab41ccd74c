namespace Waystation.FetchCore.Observing;

/// <summary>The fetches of one repository by clients, LFS downloads among them.</summary>
/// <param name="Hits">The node had the pack or object.</param>
/// <param name="Joins">It was being made or brought for another client.</param>
/// <param name="Locals">git made the pack on the node.</param>
/// <param name="Peers">Another node of the farm had it or made it.</param>
/// <param name="Forwards">The primary made it, and it went into the cache on its way.</param>
/// <param name="Bypasses">The primary got the request unchanged.</param>
/// <param name="Unserved">Nothing was served.</param>
/// <param name="Bytes">The bytes sent.</param>
/// <param name="Last">When the last one came.</param>
public sealed record RepositoryTally(
    long Hits,
    long Joins,
    long Locals,
    long Peers,
    long Forwards,
    long Bypasses,
    long Unserved,
    long Bytes,
    DateTimeOffset Last
)
{
    /// <summary>No fetch.</summary>
    public static RepositoryTally Nothing { get; } = new(0, 0, 0, 0, 0, 0, 0, 0, default);

    /// <summary>The same with one fetch more.</summary>
    public RepositoryTally With(FetchRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        RepositoryTally next = record.Outcome switch
        {
            FetchOutcome.Hit => this with { Hits = Hits + 1 },
            FetchOutcome.Join => this with { Joins = Joins + 1 },
            FetchOutcome.Local => this with { Locals = Locals + 1 },
            FetchOutcome.Peer => this with { Peers = Peers + 1 },
            FetchOutcome.Forward => this with { Forwards = Forwards + 1 },
            FetchOutcome.Bypass => this with { Bypasses = Bypasses + 1 },
            _ => this with { Unserved = Unserved + 1 },
        };
        return next with { Bytes = Bytes + record.Bytes, Last = record.Started };
    }
}
