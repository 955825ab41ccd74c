namespace Waystation.Proxy.Admin.Pages;

/// <summary>One event of the stream of live requests; its type is the name of the member that is set.</summary>
/// <param name="Id">The number of the fetch, as in <see cref="LiveStatus.Id"/>; null if the event is of no fetch under way.</param>
/// <param name="Begun">A fetch that began.</param>
/// <param name="Ended">A fetch that ended.</param>
/// <param name="Missed">The number of events that were lost here, because the reader was slow.</param>
/// <param name="Beat">The time, when there was no news for a while.</param>
internal sealed record LiveNews(
    long? Id = null,
    LiveStatus? Begun = null,
    FetchStatus? Ended = null,
    long? Missed = null,
    DateTimeOffset? Beat = null
)
{
    /// <summary>The types of events.</summary>
    public const string BegunType = "begun",
        EndedType = "ended",
        MissedType = "missed",
        BeatType = "beat";

    /// <summary>The type of this event.</summary>
    public string ToEventType() =>
        this switch
        {
            { Begun: not null } => BegunType,
            { Ended: not null } => EndedType,
            { Missed: not null } => MissedType,
            _ => BeatType,
        };
}
