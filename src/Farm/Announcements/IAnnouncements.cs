namespace Waystation.Farm.Announcements;

/// <summary>
/// Tells all nodes of the farm. An announcement that a node missed while Redis was away is heard later, or counts as missed.
/// </summary>
public interface IAnnouncements
{
    /// <summary>Whether this node hears the others now. If not, it must not rely on anything that an announcement would end.</summary>
    bool IsHearing { get; }

    /// <summary>The place of the last announcement that this node has heard. Its hearers have been called.</summary>
    AnnouncementPosition Position { get; }

    /// <summary>
    /// Whether this node hears the others now, and has heard everything that was announced after this position. If not, it must not rely on
    /// something that was true when another node was at this position: it may not know what has ended it.
    /// </summary>
    bool HasHeardAllSince(AnnouncementPosition position);

    /// <summary>Announces behind the caller. While Redis is away, announcements wait until it is there again.</summary>
    void Announce(string kind, ReadOnlyMemory<byte> content);

    /// <summary>Calls <paramref name="hear"/> for each announcement of this kind by another node, one after the other.</summary>
    void Subscribe(string kind, Action<Announcement> hear);

    /// <summary>Calls <paramref name="place"/> for each announcement of this kind by this node, once its place is known.</summary>
    void WhenPlaced(string kind, Action<Announcement> place);

    /// <summary>
    /// Calls <paramref name="forget"/> when announcements may have been missed: forget everything that one could have ended.
    /// </summary>
    void WhenMissed(Action forget);
}
