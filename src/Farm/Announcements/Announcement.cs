namespace Waystation.Farm.Announcements;

/// <summary>A short message to all nodes of the farm. All nodes hear all messages in the same order.</summary>
/// <param name="Kind">The kind, a fixed word of the code.</param>
/// <param name="From">The name of the node that announced it.</param>
/// <param name="Position">The place in the order.</param>
/// <param name="Content">The content; the kind says how it is read.</param>
public sealed record Announcement(string Kind, string From, AnnouncementPosition Position, ReadOnlyMemory<byte> Content);
