using Waystation.Farm.Announcements;
using Waystation.Farm.Redis;

namespace Waystation.Farm.Tests.Tickets;

/// <summary>A node at the <see cref="Medium"/>.</summary>
internal sealed class MediumNode(Medium medium, string name, AnnouncementPosition joined) : ISharedValues, IAnnouncements
{
    private readonly Dictionary<string, Action<Announcement>> _subscribers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Action<Announcement>> _own = new(StringComparer.Ordinal);
    private readonly List<Announcement> _late = [];
    private AnnouncementPosition _since = joined;
    private Action? _forget;

    public bool IsHere { get; set; } = true;

    public bool IsHearing { get; set; } = true;

    /// <summary>Whether announcements wait until <see cref="CatchUp"/>, as on a slow line.</summary>
    public bool IsLate { get; set; }

    /// <summary>Runs after a value was read and before the reader has it.</summary>
    public Action? WhileFinding { get; set; }

    /// <summary>How often a value was asked for.</summary>
    public int Finds { get; private set; }

    public AnnouncementPosition Position { get; private set; } = joined;

    public bool HasHeardAllSince(AnnouncementPosition position) => IsHearing && position >= _since;

    public ValueTask<byte[]?> FindAsync(string kind, ReadOnlyMemory<byte> name, CancellationToken cancellationToken)
    {
        Finds++;
        byte[]? found = IsHere ? medium.Values.GetValueOrDefault(Medium.NameOf(kind, name)) : null;
        WhileFinding?.Invoke();
        return ValueTask.FromResult(found);
    }

    public async ValueTask<IReadOnlyList<byte[]?>> FindAllAsync(
        IReadOnlyList<string> kinds,
        ReadOnlyMemory<byte> name,
        CancellationToken cancellationToken
    )
    {
        var found = new byte[]?[kinds.Count];
        for (int i = 0; i < found.Length; i++)
        {
            found[i] = await FindAsync(kinds[i], name, cancellationToken);
        }

        return found;
    }

    public void Set(string kind, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value, TimeSpan lifetime)
    {
        Assert.True(lifetime > TimeSpan.Zero);
        medium.Values[Medium.NameOf(kind, name)] = value.ToArray();
    }

    public void Remove(string kind, ReadOnlyMemory<byte> name) => medium.Values.TryRemove(Medium.NameOf(kind, name), out _);

    public void Announce(string kind, ReadOnlyMemory<byte> content) =>
        medium.Announce(name, kind, content.Length <= FarmAnnouncements.LongestContent ? content : throw new ArgumentException(kind));

    public void Subscribe(string kind, Action<Announcement> hear) => _subscribers.Add(kind, hear);

    public void WhenPlaced(string kind, Action<Announcement> place) => _own.Add(kind, place);

    public void WhenMissed(Action forget) => _forget += forget;

    public void Hear(Announcement announcement)
    {
        if (IsLate)
        {
            _late.Add(announcement);
            return;
        }

        if ((announcement.From == name ? _own : _subscribers).TryGetValue(announcement.Kind, out Action<Announcement>? hear))
        {
            hear(announcement);
        }

        Position = announcement.Position;
    }

    public void CatchUp()
    {
        IsLate = false;
        _late.ForEach(Hear);
        _late.Clear();
    }

    /// <summary>The announcements that wait are lost.</summary>
    public void Miss()
    {
        Position = _since = _late[^1].Position;
        _late.Clear();
        IsLate = false;
        _forget?.Invoke();
    }
}
