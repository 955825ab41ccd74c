using System.Collections.Concurrent;
using Waystation.Farm.Announcements;

namespace Waystation.Farm.Tests.Tickets;

/// <summary>Takes the place of Redis in tests of one process: values, and announcements in one order.</summary>
internal sealed class Medium
{
    private readonly List<MediumNode> _nodes = [];
    private long _last;

    /// <summary>Every announcement until now.</summary>
    public List<Announcement> Announced { get; } = [];

    public ConcurrentDictionary<string, byte[]> Values { get; } = new(StringComparer.Ordinal);

    public MediumNode Join(string name)
    {
        var node = new MediumNode(this, name, new AnnouncementPosition(_last, 0));
        _nodes.Add(node);
        return node;
    }

    public void Announce(string from, string kind, ReadOnlyMemory<byte> content)
    {
        var announcement = new Announcement(kind, from, new AnnouncementPosition(++_last, 0), content.ToArray());
        Announced.Add(announcement);
        _nodes.ForEach(node => node.Hear(announcement));
    }

    /// <summary>The name of a value, as anybody sees it who reads Redis.</summary>
    public static string NameOf(string kind, ReadOnlyMemory<byte> name) => $"{kind} {Convert.ToHexString(name.Span)}";
}
