using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Mirrors.Packing;
using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Packs.Storing;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Flights;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Prewarming;

/// <summary>
/// Makes packs ahead when the refs of a mirror have moved: the last clones, with the new tips. They are ordinary fills under the keys of
/// the coming requests, each of which is authorised by itself. Clients go first: one such pack is made at a time, only when no request
/// waits for a pack, and only while its tips are those of the mirror. <see cref="BackgroundWork"/> is its single flight; its two tables
/// only say that refs have moved since.
/// </summary>
public sealed class PackPrewarmer
{
    private const string Kind = "answers ahead";

    private readonly ConcurrentDictionary<RepositoryName, bool> _asked = new();
    private readonly ConcurrentDictionary<RepositoryName, TaskCompletionSource> _making = new();
    private readonly BackgroundWork _work;
    private readonly MirrorSet _mirrors;
    private readonly ClonePatterns _patterns;
    private readonly DiskPackTier _packs;
    private readonly FillTable _fills;
    private readonly LocalRung _local;
    private readonly WorkMeters _meters;
    private readonly ILogger<PackPrewarmer> _logger;

    /// <summary>From now on makes packs whenever a mirror was brought up to date.</summary>
    public PackPrewarmer(
        BackgroundWork work,
        MirrorSet mirrors,
        MirrorSync sync,
        ClonePatterns patterns,
        DiskPackTier packs,
        FillTable fills,
        LocalRung local,
        WorkMeters meters,
        ILogger<PackPrewarmer> logger
    )
    {
        ArgumentNullException.ThrowIfNull(sync);
        _work = work;
        _mirrors = mirrors;
        _patterns = patterns;
        _packs = packs;
        _fills = fills;
        _local = local;
        _meters = meters;
        _logger = logger;
        sync.WhenSynchronized(repository => _ = RunAsync(repository));
    }

    private async Task RunAsync(RepositoryName repository)
    {
        // Refs that move while packs are made start a further round.
        _asked[repository] = true;
        if (_making.TryGetValue(repository, out TaskCompletionSource? moved))
        {
            moved.TrySetResult();
        }

        while (_asked.ContainsKey(repository) && !_work.IsStopping)
        {
            await _work.JoinOrBegin(Kind, repository, token => MakeAllAsync(repository, token), out _);
        }
    }

    private async Task<bool> MakeAllAsync(RepositoryName repository, CancellationToken stopping)
    {
        while (_asked.TryRemove(repository, out _))
        {
            // The fetches that waited for the new objects are the first to get their packs.
            await _local.UnderWay.PresentAnsweredAsync(repository, stopping);
            foreach (ClonePattern pattern in _patterns.Wanted(repository))
            {
                if (_asked.ContainsKey(repository) || _mirrors.Find(repository, pattern.Request.ObjectFormat) is not { } mirror)
                {
                    break;
                }

                await MakeAsync(mirror, pattern, stopping);
            }
        }

        return true;
    }

    private async Task MakeAsync(Mirror mirror, ClonePattern pattern, CancellationToken stopping)
    {
        using PackObjectsPermit turn = await _local.EnterLastAsync(stopping);
        int threads = turn.Threads;
        MirrorRefs refs = mirror.Refs;
        if (RequestOf(mirror, refs, pattern) is not { } next || _packs.Contains(next.Key))
        {
            return;
        }

        (FetchRequest request, PackKey key) = next;
        FillReader reader = _fills.JoinOrBegin(
            new FillPlan(key, mirror.Name, mirror.ObjectFormat, KeepAtOnce: true)
            {
                IsAhead = true,
                IsOfStranger = !mirror.HasKnownUse,
                WholeClone = WholeClone.Of(mirror.Name, request),
            },
            fill => _local.MakeAheadAsync(fill, mirror, refs, request, threads),
            out bool began
        );
        await using (reader)
        {
            if (!began)
            {
                return; // Somebody asked for it already: then it is made.
            }

            Task<bool> made = reader.EndAsync(stopping);
            if (!await IsWantedToTheEndAsync(mirror, pattern, key, made))
            {
                reader.EndWithLastReader();
            }
            else if (await made || _packs.Contains(key))
            {
                _patterns.Make(mirror.Name, pattern, key);
                _meters.Warmed();
                _logger.MadeAhead(mirror.Name, _packs.LengthOf(key) ?? reader.PackLength ?? 0);
            }
        }
    }

    /// <summary>Waits for the end of a pack; false if the refs move before, so that the next client wants another one.</summary>
    private async Task<bool> IsWantedToTheEndAsync(Mirror mirror, ClonePattern pattern, PackKey key, Task end)
    {
        try
        {
            while (true)
            {
                var moved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _making[mirror.Name] = moved;
                if (RequestOf(mirror, mirror.Refs, pattern)?.Key != key)
                {
                    return false;
                }

                await Task.WhenAny(end, moved.Task);
                if (end.IsCompleted)
                {
                    return true;
                }
            }
        }
        finally
        {
            _making.TryRemove(mirror.Name, out _);
        }
    }

    private static (FetchRequest Request, PackKey Key)? RequestOf(Mirror mirror, MirrorRefs refs, ClonePattern pattern) =>
        pattern.RequestOf(refs.Tips) is { } request
            ? (request, PackKey.Of(mirror.Name, request, request.IncludeTag ? refs.Tips.TagsDigest() : []))
            : null;
}
