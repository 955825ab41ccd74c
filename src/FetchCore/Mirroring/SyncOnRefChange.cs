using System.Collections.Concurrent;
using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Mirroring;

/// <summary>
/// Brings a mirror up to date behind a listing of refs that somebody was given: whoever asks for refs that have moved mostly
/// fetches them next, and finds that under way. Each change is asked for once, so that whoever only looks, every few seconds,
/// costs the primary no more than that.
/// </summary>
public sealed class SyncOnRefChange(MirrorSet mirrors, MirrorSync sync)
{
    /// <summary>Of each mirror, the moved refs that were asked for last.</summary>
    private readonly ConcurrentDictionary<RepositoryName, HashSet<ObjectId>> _tried = new();

    /// <summary>To be called before the primary is asked for its refs; null where there is no mirror.</summary>
    public MirrorGeneration? Begin(RepositoryName repository) =>
        mirrors.Find(repository) is { } mirror ? new MirrorGeneration(mirror, mirror.Changes) : null;

    /// <summary>The primary showed these refs. What there is to be done is done elsewhere, and later.</summary>
    public void See(MirrorGeneration moment, SyncRequester asker)
    {
        ArgumentNullException.ThrowIfNull(moment);
        ArgumentNullException.ThrowIfNull(asker);
        IDisposable open = asker.Primary.KeepOpen();
        _ = Task.Run(async () =>
        {
            using (open)
            {
                await FollowAsync(moment, asker);
            }
        });
    }

    private async Task FollowAsync(MirrorGeneration moment, SyncRequester asker)
    {
        MirrorRefs refs = moment.Mirror.Refs;
        HashSet<ObjectId> moved =
        [
            .. asker
                .View.Tips()
                .Where(tip => MirrorBootstrap.IsCloned(tip.Name) && refs.Find(tip.Name) is { } known && known.Id != tip.Id)
                .Select(static tip => tip.Id),
        ];
        if (moved.Count == 0 || (_tried.TryGetValue(moment.Mirror.Name, out HashSet<ObjectId>? tried) && tried.SetEquals(moved)))
        {
            return;
        }

        _tried[moment.Mirror.Name] = moved;
        await sync.FollowAsync(moment, asker, moved);
    }
}

/// <summary>A mirror as it was at a moment.</summary>
/// <param name="Mirror">Which.</param>
/// <param name="Changes">What its <see cref="CacheStore.Mirrors.Mirror.Changes"/> were.</param>
public sealed record MirrorGeneration(Mirror Mirror, long Changes)
{
    /// <summary>Nothing has changed since: what was shown later is newer than what the mirror has.</summary>
    public bool IsNow => Mirror.Changes == Changes;
}
