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
/// A repository that becomes shallow at the primary while its refs stay: the keys of the packs that are kept stay as well, and so does the
/// mirror, and both hold more than the primary sends now. When a response says that the repository is shallow, all that is kept of it is
/// removed. What the primary sends from then on says where it ends, and is kept only where it ends there in any case.
/// </summary>
public sealed class LostHistory
{
    /// <summary>Guards memory; a repository that drops out is looked at anew.</summary>
    private const int MaxShallow = 16_384;

    private readonly MirrorSet _mirrors;
    private readonly DiskPackTier _packs;
    private readonly RepositoryPurge _purge;
    private readonly ILogger<LostHistory> _logger;

    /// <summary>Repositories that are known to be shallow, of which nothing older is kept.</summary>
    private readonly RecentMap<RepositoryName, bool> _shallow;

    /// <summary>Hears what the primary shows and says.</summary>
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

        // A mirror is of whole history in any case: it is older than the response.
        bool isNews = !_shallow.Contains(repository) || _mirrors.Find(repository) is not null;
        _shallow.Set(repository, true);
        if (isNews)
        {
            Remove(repository);
        }
    }

    /// <summary>What is there goes before the client that is told can ask for anything; what is being made goes behind it.</summary>
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
                await _purge.PurgeAsync(repository);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _logger.LostHistoryStuck(repository, e);
            }
        });
    }
}
