using System.Collections.Concurrent;
using Waystation.CacheStore;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Peers;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Mirroring;

/// <summary>
/// Starts a sync when a listing shows moved refs. A client that sees moved refs mostly fetches them next, and then finds the sync in
/// progress. Each change starts one sync, so a client that only polls, every few seconds, costs the primary no more than that.
/// </summary>
public sealed class SyncOnRefChange(MirrorSet mirrors, MirrorSync sync, IPeers peers)
{
    /// <summary>For each mirror: the moved refs of its last sync.</summary>
    private readonly ConcurrentDictionary<RepositoryName, HashSet<ObjectId>> _tried = new();
    private Action<RepositoryName>? _whenMoved;

    /// <summary>Calls <paramref name="tell"/> for each mirror whose refs were seen to have moved at the primary, before its sync.</summary>
    public void WhenMoved(Action<RepositoryName> tell) => _whenMoved += tell;

    /// <summary>Call it before the primary is asked for its refs; null if this node keeps no mirror.</summary>
    public MirrorGeneration? Begin(RepositoryName repository) =>
        peers.Keeps(repository) && mirrors.Find(repository) is { } mirror ? new MirrorGeneration(mirror, mirror.Changes) : null;

    /// <summary>The primary showed these refs. The sync runs in the background.</summary>
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
        HashSet<ObjectId> moved = [];
        for (var refs = new RefComparison(moment.Mirror.Refs.Tips, asker.View, peeledOnly: false); refs.MoveNext(); )
        {
            if (refs.IsOurs && refs.IsMoved && MirrorBootstrap.IsCloned(refs.Theirs.Name))
            {
                moved.Add(refs.Theirs.Id);
            }
        }

        if (moved.Count == 0 || (_tried.TryGetValue(moment.Mirror.Name, out HashSet<ObjectId>? tried) && tried.SetEquals(moved)))
        {
            return;
        }

        _tried[moment.Mirror.Name] = moved;
        if (moment.IsNow)
        {
            _whenMoved?.Invoke(moment.Mirror.Name);
        }

        await sync.FollowAsync(moment, asker, moved);
    }
}

/// <summary>A generation of a mirror.</summary>
/// <param name="Mirror">The mirror.</param>
/// <param name="Changes">Its <see cref="CacheStore.Mirrors.Mirror.Changes"/> at that moment.</param>
public sealed record MirrorGeneration(Mirror Mirror, long Changes)
{
    /// <summary>Whether the mirror is unchanged since; then a later listing is newer than the mirror.</summary>
    public bool IsNow => Mirror.Changes == Changes;
}
