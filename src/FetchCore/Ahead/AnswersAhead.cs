using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Local;
using Waystation.FetchCore.Work;
using Waystation.GitProtocol.Fetching;

namespace Waystation.FetchCore.Ahead;

/// <summary>
/// Makes the answers that will be asked for next, when the refs of a mirror have moved: the clones asked for last, with the new
/// tips. They are ordinary fills under the keys of the requests to come, each of which is authorised by itself. People go first:
/// one such answer is made at a time, and only when nobody waits for a pack.
/// </summary>
public sealed class AnswersAhead
{
    private const string Kind = "answers ahead";

    private readonly ConcurrentDictionary<RepositoryName, bool> _asked = new();
    private readonly BackgroundWork _work;
    private readonly MirrorSet _mirrors;
    private readonly CloneShapes _shapes;
    private readonly DiskPackTier _packs;
    private readonly FillTable _fills;
    private readonly LocalRung _local;
    private readonly WorkMeters _meters;
    private readonly ILogger<AnswersAhead> _logger;

    /// <summary>From now on makes answers whenever a mirror was brought up to date.</summary>
    public AnswersAhead(
        BackgroundWork work, MirrorSet mirrors, MirrorSync sync, CloneShapes shapes, DiskPackTier packs, FillTable fills, LocalRung local, WorkMeters meters,
        ILogger<AnswersAhead> logger)
    {
        ArgumentNullException.ThrowIfNull(sync);
        _work = work;
        _mirrors = mirrors;
        _shapes = shapes;
        _packs = packs;
        _fills = fills;
        _local = local;
        _meters = meters;
        _logger = logger;
        sync.WhenSynchronized(repository => _ = RunAsync(repository));
    }

    private async Task RunAsync(RepositoryName repository)
    {
        // What moves while answers are made is looked at in a further round.
        _asked[repository] = true;
        while (_asked.ContainsKey(repository) && !_work.IsStopping)
        {
            await _work.JoinOrBegin(Kind, repository, token => MakeAllAsync(repository, token), out _);
        }
    }

    private async Task<bool> MakeAllAsync(RepositoryName repository, CancellationToken stopping)
    {
        while (_asked.TryRemove(repository, out _))
        {
            foreach (CloneShape shape in _shapes.Wanted(repository))
            {
                if (_asked.ContainsKey(repository) || _mirrors.Find(repository, shape.Request.ObjectFormat) is not { } mirror)
                {
                    break;
                }

                await MakeAsync(mirror, shape, stopping);
            }
        }

        return true;
    }

    private async Task MakeAsync(Mirror mirror, CloneShape shape, CancellationToken stopping)
    {
        MirrorRefs refs = mirror.Refs;
        if (shape.RequestOf(refs.Tips) is not { } request)
        {
            return;
        }

        PackKey key = PackKey.Of(mirror.Name, request, request.IncludeTag ? AccessView.TagsDigestOf(refs.Tips) : []);
        if (_packs.Contains(key))
        {
            return;
        }

        using IDisposable turn = await _local.EnterLastAsync(stopping);
        var ended = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        FillReader reader = _fills.JoinOrBegin(
            new FillPlan(key, mirror.Name, mirror.ObjectFormat, KeepAtOnce: true), fill => MakeAsync(fill, mirror, refs, request, ended), out bool began);
        await using (reader)
        {
            // Somebody asked for it already: then it is made.
            if (began && await ended.Task.WaitAsync(stopping))
            {
                _shapes.Make(mirror.Name, shape, key);
                _meters.Warmed();
                _logger.MadeAhead(mirror.Name, reader.PackLength ?? 0);
            }
        }
    }

    private async Task MakeAsync(Fill fill, Mirror mirror, MirrorRefs refs, FetchRequest request, TaskCompletionSource<bool> ended)
    {
        bool isMade = false;
        try
        {
            isMade = await _local.TryMakeAheadAsync(fill, mirror, refs, request);
        }
        finally
        {
            ended.SetResult(isMade);
        }
    }
}
