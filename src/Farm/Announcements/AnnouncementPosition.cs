using System.Runtime.InteropServices;

namespace Waystation.Farm.Announcements;

/// <summary>The place of an announcement in the order of all of them: the id of an entry of a Redis stream.</summary>
/// <param name="Milliseconds">The first part of the id: Unix time by the clock of Redis.</param>
/// <param name="Sequence">The second part of the id.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct AnnouncementPosition(long Milliseconds, long Sequence) : IComparable<AnnouncementPosition>
{
    /// <inheritdoc />
    public int CompareTo(AnnouncementPosition other) =>
        Milliseconds != other.Milliseconds ? Milliseconds.CompareTo(other.Milliseconds) : Sequence.CompareTo(other.Sequence);

    /// <summary>Whether it comes before.</summary>
    public static bool operator <(AnnouncementPosition left, AnnouncementPosition right) => left.CompareTo(right) < 0;

    /// <summary>Whether it comes after.</summary>
    public static bool operator >(AnnouncementPosition left, AnnouncementPosition right) => left.CompareTo(right) > 0;

    /// <summary>Whether it comes before or is the same.</summary>
    public static bool operator <=(AnnouncementPosition left, AnnouncementPosition right) => left.CompareTo(right) <= 0;

    /// <summary>Whether it comes after or is the same.</summary>
    public static bool operator >=(AnnouncementPosition left, AnnouncementPosition right) => left.CompareTo(right) >= 0;
}
