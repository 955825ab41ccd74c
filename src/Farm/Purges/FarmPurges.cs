using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.Farm.Announcements;
using Waystation.Farm.Redis;

namespace Waystation.Farm.Purges;

/// <summary>
/// Carries a purge to every node. It is announced, and it stands in a list of the last day in Redis, for nodes that were away.
/// <code>
///   purge here ──► announcement ──────────► every other node: removes, once
///          └─────► list in Redis, a day ──► a node that comes back: removes, once
/// </code>
/// Every node adds to the list what it knows and the list lacks, so that nothing is lost when two nodes write at once, or when Redis
/// forgets.
/// </summary>
internal sealed class FarmPurges : BackgroundService
{
    /// <summary>How often the list is read.</summary>
    public static readonly TimeSpan Round = TimeSpan.FromSeconds(10);

    private const string AnnouncementKind = "purge";
    private const string ListKind = "purges";

    /// <summary>How long an order stands in the list.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromDays(1);

    private static readonly byte[] s_list = "all"u8.ToArray();

    private readonly Channel<Purge> _heard = Channel.CreateUnbounded<Purge>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<Guid, Purge> _known = [];
    private readonly ISharedValues _values;
    private readonly IAnnouncements _announcements;
    private readonly Func<RepositoryName, Task> _purgeHere;
    private readonly DonePurges _done;
    private readonly TimeProvider _time;
    private readonly ILogger<FarmPurges> _logger;

    public FarmPurges(
        ISharedValues values,
        IAnnouncements announcements,
        Func<RepositoryName, Task> purgeHere,
        DonePurges done,
        TimeProvider time,
        ILogger<FarmPurges> logger
    )
    {
        (_values, _announcements, _purgeHere, _done, _time, _logger) = (values, announcements, purgeHere, done, time, logger);
        announcements.Subscribe(AnnouncementKind, Hear);
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private long Oldest => Now - (long)s_memory.TotalMilliseconds;

    /// <summary>Reads the list, carries out what is new in it, and adds what it lacks.</summary>
    internal async Task GoThroughListAsync(CancellationToken cancellationToken)
    {
        if (!_announcements.IsHearing || !_values.IsHere)
        {
            return;
        }

        byte[]? written = await _values.FindAsync(ListKind, s_list, cancellationToken);
        IReadOnlyList<Purge> listed = (written is null ? null : PurgeCodec.Read(written)) ?? [];
        foreach (Purge purge in listed)
        {
            await DoAsync(purge);
        }

        foreach (Purge old in _known.Values.Where(purge => purge.At < Oldest).ToList())
        {
            _known.Remove(old.Id);
        }

        HashSet<Guid> there = [.. listed.Select(static purge => purge.Id)];
        if (_known.Keys.Any(id => !there.Contains(id)))
        {
            _values.Set(
                ListKind,
                s_list,
                PurgeCodec.Write([.. _known.Values.OrderByDescending(static purge => purge.At).Take(PurgeCodec.MaxPurges)]),
                s_memory
            );
        }
    }

    /// <summary>Carries out what was heard until now.</summary>
    internal async Task DoHeardAsync()
    {
        bool any = false;
        while (_heard.Reader.TryRead(out Purge? purge))
        {
            await DoAsync(purge);
            any = true;
        }

        if (any)
        {
            await GoThroughListAsync(CancellationToken.None);
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var rounds = new PeriodicTimer(Round, _time);
        Task<bool> round = rounds.WaitForNextTickAsync(stoppingToken).AsTask();
        await GoThroughListAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            Task<bool> heard = _heard.Reader.WaitToReadAsync(stoppingToken).AsTask();
            if (await Task.WhenAny(round, heard) == round)
            {
                await round;
                round = rounds.WaitForNextTickAsync(stoppingToken).AsTask();
                await GoThroughListAsync(stoppingToken);
            }

            await DoHeardAsync();
        }
    }

    /// <summary>An operator gave the order to this node, which has carried it out.</summary>
    public void Tell(RepositoryName repository)
    {
        var purge = new Purge(Guid.NewGuid(), repository, Now);
        _announcements.Announce(AnnouncementKind, PurgeCodec.Write([purge]));
        _heard.Writer.TryWrite(purge with { IsDone = true });
    }

    private void Hear(Announcement announcement)
    {
        foreach (Purge purge in PurgeCodec.Read(announcement.Content.Span) ?? [])
        {
            _heard.Writer.TryWrite(purge);
        }
    }

    private async Task DoAsync(Purge purge)
    {
        if (purge.At < Oldest)
        {
            return;
        }

        _known.TryAdd(purge.Id, purge);
        if (_done.Contains(purge))
        {
            return;
        }

        try
        {
            if (!purge.IsDone)
            {
                await _purgeHere(purge.Repository);
                _logger.PurgedElsewhere(purge.Repository);
            }

            _done.Add(purge, Oldest);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _logger.PurgeFailed(purge.Repository, e);
        }
    }
}
