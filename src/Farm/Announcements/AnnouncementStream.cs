using System.Globalization;
using StackExchange.Redis;
using Waystation.Farm.Redis;
using Waystation.Farm.Secrets;

namespace Waystation.Farm.Announcements;

/// <summary>The stream of announcements in Redis. Redis gives each entry its place and drops old entries.</summary>
internal sealed class AnnouncementStream(FarmRedis redis, FarmSecrets secrets)
{
    /// <summary>The entries that one read brings at most.</summary>
    public const int MostRead = 512;

    /// <summary>About so many entries are kept. A node that was away for longer has missed some.</summary>
    private const int MostKept = 20_000;

    private static readonly RedisValue s_field = "a";
    private static readonly TimeSpan s_within = TimeSpan.FromSeconds(1);

    /// <summary>Appends announcements in their order. True if Redis has all of them; otherwise it has any of them.</summary>
    public async ValueTask<bool> AppendAsync(IReadOnlyList<SealedAnnouncement> all, CancellationToken cancellationToken)
    {
        (bool isAnswered, _) = await redis.AskAsync(
            database => Task.WhenAll(all.Select(one => AppendAsync(database, one))),
            s_within,
            cancellationToken
        );
        if (isAnswered)
        {
            redis.Signal();
        }

        return isAnswered;
    }

    /// <summary>Appends an entry and returns its place; null if Redis does not answer.</summary>
    public async ValueTask<AnnouncementPosition?> AppendAsync(SealedAnnouncement one, CancellationToken cancellationToken)
    {
        (bool isAnswered, RedisValue id) = await redis.AskAsync(database => AppendAsync(database, one), s_within, cancellationToken);
        return isAnswered ? PositionOf(id) : null;
    }

    /// <summary>The entries from this place on, the one at this place included; null if Redis does not answer.</summary>
    public async ValueTask<IReadOnlyList<(AnnouncementPosition Position, SealedAnnouncement? Announcement)>?> ReadAsync(
        AnnouncementPosition from,
        CancellationToken cancellationToken
    )
    {
        (bool isAnswered, StreamEntry[]? entries) = await redis.AskAsync(
            database => database.StreamRangeAsync(FarmKeys.Announcements, IdOf(from), count: MostRead, flags: CommandFlags.DemandMaster),
            s_within,
            cancellationToken
        );
        return isAnswered
            ?
            [
                .. entries!.Select(entry =>
                    (
                        PositionOf(entry.Id),
                        entry[s_field] is { IsNull: false } value ? SealedAnnouncement.Open(secrets, (byte[])value!) : null
                    )
                ),
            ]
            : null;
    }

    private Task<RedisValue> AppendAsync(IDatabase database, SealedAnnouncement one) =>
        database.StreamAddAsync(
            FarmKeys.Announcements,
            s_field,
            one.Seal(secrets),
            maxLength: MostKept,
            useApproximateMaxLength: true,
            flags: CommandFlags.DemandMaster
        );

    private static RedisValue IdOf(AnnouncementPosition position) =>
        string.Create(CultureInfo.InvariantCulture, $"{position.Milliseconds}-{position.Sequence}");

    private static AnnouncementPosition PositionOf(RedisValue id)
    {
        string[] parts = ((string)id!).Split('-');
        return new(long.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture));
    }
}
