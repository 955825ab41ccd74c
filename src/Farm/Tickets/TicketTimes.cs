namespace Waystation.Farm.Tickets;

/// <summary>The times of tickets in a farm.</summary>
/// <param name="Lifetime">How long a ticket lives; zero if each request asks the primary.</param>
/// <param name="ServeFor">How long an answer counts in an outage.</param>
public sealed record TicketTimes(TimeSpan Lifetime, TimeSpan ServeFor)
{
    /// <summary>How long an entry lives.</summary>
    public TimeSpan Memory => Lifetime > ServeFor ? Lifetime : ServeFor;

    /// <summary>How long an equal entry need not be written again.</summary>
    public TimeSpan Fresh => (Lifetime > TimeSpan.Zero ? Lifetime : ServeFor) / 3;
}
