namespace Waystation.Farm.Announcements;

/// <summary>The last number that was heard of each sender: shows announcements that come again, and gaps.</summary>
internal sealed class SenderNumbers
{
    /// <summary>Senders that are remembered. A node is another sender after each start.</summary>
    private const int Most = 10_000;

    private readonly Dictionary<Guid, (long Number, long Heard)> _last = [];
    private long _heard;

    /// <summary>What an announcement is, by its number.</summary>
    public NumberKind Take(Guid sender, long number)
    {
        bool isKnown = _last.TryGetValue(sender, out (long Number, long Heard) last);
        if (isKnown && number <= last.Number)
        {
            return NumberKind.Again;
        }

        _last[sender] = (number, ++_heard);
        if (_last.Count > Most)
        {
            _last.Remove(_last.MinBy(static one => one.Value.Heard).Key);
        }

        // A sender of which this node has not read the beginning was there before this node.
        return !isKnown || number == last.Number + 1 ? NumberKind.Next : NumberKind.AfterGap;
    }

    /// <summary>The last number of this sender; 0 if none was heard.</summary>
    public long LastOf(Guid sender) => _last.TryGetValue(sender, out (long Number, long Heard) last) ? last.Number : 0;

    /// <summary>Does as if all up to this number had been heard.</summary>
    public void Skip(Guid sender, long number) => _last[sender] = (Math.Max(number, LastOf(sender)), ++_heard);
}
