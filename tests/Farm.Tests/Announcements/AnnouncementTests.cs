using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Waystation.Farm.Announcements;
using Waystation.Farm.Tests.Redis;
using Waystation.TestKit.Servers;

namespace Waystation.Farm.Tests.Announcements;

public sealed class AnnouncementTests : IAsyncLifetime
{
    private RedisServer _redis = null!;

    public async Task InitializeAsync() => _redis = await RedisServer.StartAsync();

    public async Task DisposeAsync() => await _redis.DisposeAsync();

    [Fact]
    public async Task AnAnnouncement_IsHeardByTheOthersAndNotByItsSender()
    {
        await using Hearing a = await Hearing.StartAsync(_redis, "a");
        await using Hearing b = await Hearing.StartAsync(_redis, "b");
        AnnouncementPosition before = b.Position;
        Assert.True(b.Node.Announcements.HasHeardAllSince(before));
        a.Node.Announcements.Announce("push", "content"u8.ToArray());
        a.Node.Announcements.Announce("other", "not for this hearer"u8.ToArray());
        await Eventually.TrueAsync("it is heard", () => b.Heard.Count == 1);
        Announcement heard = Assert.Single(b.Heard);
        Assert.Equal(("push", "a", "content"), (heard.Kind, heard.From, Encoding.UTF8.GetString(heard.Content.Span)));
        Assert.True(heard.Position > before);
        await Eventually.TrueAsync("all are read", () => a.Position == b.Position);
        Assert.Empty(a.Heard);
        Assert.Equal(0, b.Missed);
    }

    [Fact]
    public async Task ACrowdOfAnnouncements_IsHeardByAllInOneOrder()
    {
        const int each = 3_400;
        await using Hearing a = await Hearing.StartAsync(_redis, "a");
        await using Hearing b = await Hearing.StartAsync(_redis, "b");
        await using Hearing c = await Hearing.StartAsync(_redis, "c");
        await using Hearing listener = await Hearing.StartAsync(_redis, "listener");
        await Task.WhenAll(((Hearing[])[a, b, c]).Select(hearing => Task.Run(() => AnnounceMany(hearing, each))));
        await Eventually.TrueAsync("all are heard", () => listener.Heard.Count == 3 * each, TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync("all are heard", () => a.Heard.Count == 2 * each, TimeSpan.FromMinutes(1));
        Assert.Equal(0, listener.Missed);
        Assert.Equal(listener.Said().Where(static said => said.From != "a"), a.Said());
        foreach (string sender in (string[])["a", "b", "c"])
        {
            Assert.Equal(Enumerable.Range(0, each), listener.Said().Where(said => said.From == sender).Select(static said => said.Number));
        }
    }

    [Fact]
    public async Task WhileRedisIsAway_AnnouncementsWait_AndNobodyHears()
    {
        await using Hearing a = await Hearing.StartAsync(_redis, "a");
        await using Hearing b = await Hearing.StartAsync(_redis, "b");
        _redis.Kill();
        await Eventually.TrueAsync("nobody hears", () => !a.Node.Announcements.IsHearing && !b.Node.Announcements.IsHearing);
        a.Node.Announcements.Announce("push", "late"u8.ToArray());
        await _redis.StartAgainAsync(isEmpty: false);
        await Eventually.TrueAsync("it is heard", () => b.Heard.Count == 1 && b.Node.Announcements.IsHearing);
        Assert.Equal(0, b.Missed);
    }

    [Fact]
    public async Task ARedisThatWasEmptied_CountsAsMissed()
    {
        await using Hearing a = await Hearing.StartAsync(_redis, "a");
        await using Hearing b = await Hearing.StartAsync(_redis, "b");
        AnnouncementPosition before = b.Position;
        await _redis.StartAgainAsync(isEmpty: true);
        await Eventually.TrueAsync("both have missed", () => a.Missed > 0 && b.Missed > 0);
        await Eventually.TrueAsync("both hear", () => a.Node.Announcements.IsHearing && b.Node.Announcements.IsHearing);
        Assert.False(b.Node.Announcements.HasHeardAllSince(before));
        a.Node.Announcements.Announce("push", "after"u8.ToArray());
        await Eventually.TrueAsync("it is heard", () => b.Heard.Count == 1);
    }

    /// <summary>In a failover the last entries may be lost. A node that had not read them must learn that they were there.</summary>
    [Fact]
    public async Task AStreamThatGoesBack_CountsAsMissedForAll()
    {
        const string key = "waystation:1:{farm}:announcements";
        await using Hearing a = await Hearing.StartAsync(_redis, "a");
        await using Hearing b = await Hearing.StartAsync(_redis, "b");
        await Eventually.TrueAsync("both have read all", () => a.Position == b.Position);
        await _redis.RunAsync("COPY", key, "before");
        a.Node.Announcements.Announce("push", "lost later"u8.ToArray());
        await Eventually.TrueAsync("it is heard", () => b.Heard.Count == 1 && a.Position == b.Position);
        // Comes after the loss: its position is still there.
        await _redis.RunAsync("COPY", "before", key, "REPLACE");
        await using Hearing c = await Hearing.StartAsync(_redis, "c");
        await Eventually.TrueAsync("all have missed", () => a.Missed > 0 && b.Missed > 0);
        await Eventually.TrueAsync("all hear", () => a.Node.Announcements.IsHearing && b.Node.Announcements.IsHearing);
        b.Node.Announcements.Announce("push", "after"u8.ToArray());
        await Eventually.TrueAsync("it is heard", () => a.Heard.Count == 1 && c.Heard.Count == 1);
    }

    [Fact]
    public async Task AnAnnouncementThatSomebodyDeletes_CountsAsMissed()
    {
        const string key = "waystation:1:{farm}:announcements";
        await using Hearing a = await Hearing.StartAsync(_redis, "a");
        await using Hearing b = await Hearing.StartAsync(_redis, "b");
        a.Node.Announcements.Announce("push", "first"u8.ToArray());
        await Eventually.TrueAsync("it is heard", () => b.Heard.Count == 1);
        // Copied behind the end, an announcement is an old one; what nobody has sealed is nothing.
        string[] entry = (await _redis.RunAsync("XADD", key, "*", "a", "forged")).Split('\n');
        await Eventually.TrueAsync("it is read", () => b.Position.ToString().Contains(entry[0].Split('-')[0], StringComparison.Ordinal));
        await _redis.RunAsync("DEL", key);
        await Eventually.TrueAsync("both have missed", () => a.Missed > 0 && b.Missed > 0);
        Assert.Single(b.Heard);
    }

    private static void AnnounceMany(Hearing hearing, int count)
    {
        for (int number = 0; number < count; number++)
        {
            hearing.Node.Announcements.Announce("push", Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
        }
    }
}
