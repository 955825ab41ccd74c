using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Mirrors.Snapshots;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Standing;
using Waystation.FetchCore.Authorization;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Peers;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Snapshots;

/// <summary>
/// Gives the mirror's own files to a client that may have everything in them:
/// <code>
///   mirror   this node keeps it, and it has every branch and tag that the primary shows now; else one shared sync
///   orphans  it has no object that no ref leads to
///   refs     every ref of the mirror leads only to objects that this credential sees
///   open     the files are those of their last check
///   again    nothing has changed in the mirror since it was looked at
/// </code>
/// So everything in the files is reachable from a ref that the primary has shown to this credential for this request. The rule
/// <c>Visibility: repository</c> is no substitute: a snapshot needs every ref.
/// </summary>
public sealed class SnapshotService(
    MirrorSet mirrors,
    ObjectQueries objects,
    ReachabilityChecker reachability,
    MirrorBootstrap bootstrap,
    MirrorSync sync,
    ClientStandings standings,
    IPeers peers,
    UpkeepWork upkeep,
    MirrorOptions options,
    TimeProvider time
)
{
    /// <summary>The number of looks at a mirror that changes meanwhile.</summary>
    private const int MaxLooks = 4;

    /// <summary>Opens a snapshot, or says why there is none.</summary>
    /// <param name="call">The request.</param>
    /// <param name="cancellationToken">The client's token.</param>
    public async Task<SnapshotAnswer> OpenAsync(SnapshotCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        using var limit = new CancellationTokenSource(options.SyncWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await OpenWithinAsync(call, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new SnapshotAnswer.Refused(SnapshotRefusal.MirrorBehind);
        }
        catch (TooManyWaitingException)
        {
            return new SnapshotAnswer.Refused(SnapshotRefusal.Crowded);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new SnapshotAnswer.Refused(SnapshotRefusal.Failed);
        }
    }

    private async Task<SnapshotAnswer> OpenWithinAsync(SnapshotCall call, CancellationToken waiting)
    {
        if (!peers.Keeps(call.Repository))
        {
            return new SnapshotAnswer.Refused(SnapshotRefusal.KeptElsewhere);
        }

        await bootstrap.FinishAsync(call.Repository, waiting);
        if (mirrors.Find(call.Repository, call.Shown.Asked.ObjectFormat) is not { } mirror)
        {
            return new SnapshotAnswer.Refused(SnapshotRefusal.NoMirror);
        }

        var refs = new MirrorRefs(call.Shown.Tips.Where(static tip => IsCloned(tip.Name)));
        List<ObjectId> tips = [.. refs.Tips.Select(static tip => tip.Id).Distinct()];
        SnapshotRefusal reason = SnapshotRefusal.MirrorBehind;
        for (int look = 0; look < MaxLooks; look++)
        {
            if (!await sync.EnsureAsync(mirror, call.Asker, tips, withTags: false, waiting))
            {
                return new SnapshotAnswer.Refused(SnapshotRefusal.MirrorBehind);
            }

            long changes = mirror.Changes;
            (MirrorSnapshot? snapshot, reason) = await TryOpenAsync(mirror, call, refs, tips, waiting);
            if (mirror.Changes == changes && snapshot is null)
            {
                break;
            }

            // Objects come before their refs, and a change is noted before either: without a change the open files have nothing else.
            if (mirror.Changes == changes && !mirror.HoldsOrphans)
            {
                return new SnapshotAnswer.Given(snapshot!);
            }

            snapshot?.Dispose();
        }

        upkeep.AskIfDue(call.Repository);
        return new SnapshotAnswer.Refused(reason);
    }

    /// <summary>A snapshot of a mirror that does not change meanwhile; or null, and the reason.</summary>
    private async Task<(MirrorSnapshot? Snapshot, SnapshotRefusal Reason)> TryOpenAsync(
        Mirror mirror,
        SnapshotCall call,
        MirrorRefs refs,
        List<ObjectId> tips,
        CancellationToken waiting
    )
    {
        if (mirror.HoldsOrphans)
        {
            return (null, SnapshotRefusal.Orphans);
        }

        // Upkeep may have taken out orphans, and tips of these refs with them, after they were seen; but never the tips of its own refs.
        HashSet<ObjectId> held = [.. mirror.Refs.Tips.Select(static tip => tip.Id)];
        List<ObjectId> others = [.. tips.Where(id => !held.Contains(id))];
        if (others.Count > 0 && (await objects.KindsAsync(mirror, others, waiting)).Count < others.Count)
        {
            return (null, SnapshotRefusal.MirrorBehind);
        }

        if (!await reachability.SeesEverythingAsync(mirror, new AccessView([call.Shown]), waiting))
        {
            return (null, SnapshotRefusal.HiddenRefs);
        }

        // The files stay readable after they are deleted, so the reading ends here, and a slow client does not keep upkeep waiting.
        using MirrorLease? lease = mirror.TryRead(standings.IsStranger(call.Repository, call.Credential));
        return lease is not null && MirrorSnapshot.TryOpen(lease, refs) is { } snapshot
            ? (snapshot, default)
            : (null, SnapshotRefusal.MirrorUnready);
    }

    /// <summary>The refs that a clone takes. Others, such as those of pull requests, may lead to as much again.</summary>
    private static bool IsCloned(string name) =>
        name.StartsWith("refs/heads/", StringComparison.Ordinal) || name.StartsWith("refs/tags/", StringComparison.Ordinal);
}
