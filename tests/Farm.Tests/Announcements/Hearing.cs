using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Waystation.Farm.Announcements;
using Waystation.Farm.Tests.Redis;
using Waystation.TestKit.Servers;

namespace Waystation.Farm.Tests.Announcements;

/// <summary>A node that keeps what it hears.</summary>
internal sealed class Hearing : IAsyncDisposable
{
    private readonly ConcurrentQueue<(Announcement? Announcement, bool IsMissed)> _all = new();

    public required string Name { get; init; }

    public SharingNode Node { get; private set; } = null!;

    /// <summary>What it heard, in its order; where announcements may have been missed there is null.</summary>
    public IReadOnlyList<Announcement?> All => [.. _all.Select(static one => one.Announcement)];

    public IReadOnlyList<Announcement> Heard => [.. All.OfType<Announcement>()];

    /// <summary>How often announcements may have been missed since it began to hear.</summary>
    public int Missed => _all.Count(static one => one.IsMissed);

    public AnnouncementPosition Position => Node.Announcements.Position;

    public static async Task<Hearing> StartAsync(RedisServer redis, string name)
    {
        var hearing = new Hearing { Name = name };
        hearing.Node = await SharingNode.StartAsync(
            redis,
            name,
            prepare: node =>
            {
                node.Announcements.Subscribe("push", one => hearing._all.Enqueue((one, false)));
                node.Announcements.WhenMissed(() => hearing._all.Enqueue((null, true)));
            }
        );
        // The first thing that a node does is to forget what it does not have.
        hearing._all.Clear();
        return hearing;
    }

    /// <summary>Sender and number of each announcement that says a number.</summary>
    public IReadOnlyList<(string From, int Number)> Said() =>
        [.. Heard.Select(static one => (one.From, int.Parse(Encoding.UTF8.GetString(one.Content.Span), CultureInfo.InvariantCulture)))];

    public ValueTask DisposeAsync() => Node.DisposeAsync();
}
