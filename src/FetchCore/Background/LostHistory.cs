using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.CacheStore.Flights;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs.Storing;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;

namespace Waystation.FetchCore.Background;

/// <summary>
/// A repository may become shallow at the primary while its refs stay. Then the keys of the kept packs and the mirror stay as well, but
/// both have more history than the primary sends now. So when a response shows that the repository is shallow, the mirror and the kept
/// packs are removed. Later responses of the primary show their boundary, and are kept only if they end there in any case.
/// </summary>
public sealed class LostHistory
{
    /// <summary>Guards memory; a repository that drops out is checked again.</summary>
    private const int MaxShallow = 16_384;

    private readonly MirrorSet _mirrors;
    private readonly DiskPackTier _packs;
    private readonly RepositoryPurge _purge;
    private readonly ILogger<LostHistory> _logger;

    /// <summary>Repositories that are known to be shallow. Nothing older is kept of them.</summary>
    private readonly RecentMap<RepositoryName, bool> _shallow;

    /// <summary>Listens to the listings and the history of the primary.</summary>
    public LostHistory(
        PrimaryHistory history,
        AccessTickets tickets,
        MirrorSet mirrors,
        DiskPackTier packs,
        RepositoryPurge purge,
        TimeProvider time,
        ILogger<LostHistory> logger
    )
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(tickets);
        _mirrors = mirrors;
        _packs = packs;
        _purge = purge;
        _logger = logger;
        _shallow = new RecentMap<RepositoryName, bool>(MaxShallow, TimeSpan.FromDays(1), time);
        history.WhenTold(See);
        tickets.WhenShown(
            (repository, listing) =>
            {
                if (listing.IsOfShallow is { } isShallow)
                {
                    See(repository, isShallow);
                }
            }
        );
    }

    private void See(RepositoryName repository, bool isShallow)
    {
        if (!isShallow)
        {
            _shallow.Remove(repository);
            return;
        }

        // A mirror has the whole history in any case, so it is older than the response.
        bool isNews = !_shallow.Contains(repository) || _mirrors.Peek(repository) is not null;
        _shallow.Set(repository, true);
        if (isNews)
        {
            Remove(repository);
        }
    }

    /// <summary>Kept packs and the mirror go before the client can ask again; fills in progress go after it.</summary>
    private void Remove(RepositoryName repository)
    {
        try
        {
            bool hadMirror = _mirrors.Remove(repository);
            (int packs, _) = _packs.RemoveAll(repository);
            if (hadMirror || packs > 0)
            {
                _logger.HistoryLost(repository, packs);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _logger.LostHistoryStuck(repository, e);
        }

        _ = Task.Run(async () =>
        {
            try
            {
                await _purge.PurgeHereAsync(repository);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _logger.LostHistoryStuck(repository, e);
            }
        });
    }
}
