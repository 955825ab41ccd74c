using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Mirroring;

/// <summary>
/// Brings objects into a mirror, through a quarantine: from the primary, or from a push. <see cref="MirrorSync"/> decides when, and which
/// objects are missing.
/// </summary>
public sealed class MirrorTransfer(
    GitProgram git,
    DataFolder folder,
    MirrorSet mirrors,
    PrimaryHistory history,
    HolderTransfer holders,
    TimeProvider time,
    ILogger<MirrorTransfer> logger
)
{
    /// <summary>The most tips that are sent as haves; the rest is reachable from these, or nearly so.</summary>
    private const int MaxHaves = 4_096;

    /// <summary>
    /// Where refs have moved, the tips that they left say nearly all, and so few others are sent. A primary reads the object of each have:
    /// a thousand tags take it longer than the pack.
    /// </summary>
    private const int FewHaves = 32;

    private readonly ConcurrentDictionary<RepositoryName, SignsOfLife> _underWay = new();

    /// <summary>Whether a transfer from the primary is under way and has been silent for too long.</summary>
    internal bool Hangs(RepositoryName repository) => _underWay.TryGetValue(repository, out SignsOfLife? life) && life.IsDoubtful;

    /// <summary>Takes in the pack of a push.</summary>
    /// <param name="mirror">The mirror; the caller has its turn.</param>
    /// <param name="incoming">The push; it has a pack.</param>
    /// <param name="missing">The objects that must come with it.</param>
    /// <param name="stopping">Ends it.</param>
    internal async Task<Brought> TakeInAsync(
        Mirror mirror,
        IncomingPack incoming,
        IReadOnlyCollection<ObjectId> missing,
        CancellationToken stopping
    )
    {
        await using var quarantine = new PackQuarantine(git, folder, mirrors, mirror, isWhole: false, stopping, isStrict: true);
        await quarantine.WriteAllAsync(incoming.Pack!, stopping);
        return await quarantine.CompleteAsync(missing, incoming.View.TipIds());
    }

    /// <summary>Asks the primary for missing objects, in the name of a requester; null if the primary refuses.</summary>
    /// <param name="mirror">The mirror; the caller has its turn.</param>
    /// <param name="asker">The requester.</param>
    /// <param name="missing">The objects, one or more.</param>
    /// <param name="stopping">Ends it.</param>
    internal async Task<Brought?> FetchAsync(
        Mirror mirror,
        SyncRequester asker,
        IReadOnlyCollection<ObjectId> missing,
        CancellationToken stopping
    )
    {
        long begun = time.GetTimestamp();
        (FetchRequest request, ResponseFraming framing) = asker.RequestFor(
            mirror.ObjectFormat,
            [.. missing],
            HavesOf(mirror, asker.View, missing)
        );
        if (await FetchFromHoldersAsync(mirror, asker, request, missing, stopping) is { } held)
        {
            logger.Synced(mirror.Name, missing.Count, held.Received, time.GetElapsedTime(begun));
            return held.Brought;
        }

        await using PackQuarantine? quarantine = await TransferAsync(mirror, asker, request, framing, stopping);
        if (quarantine is null)
        {
            logger.SyncRefused(mirror.Name);
            return null;
        }

        Brought brought = await quarantine.CompleteAsync(missing, asker.View.TipIds());
        logger.Synced(mirror.Name, missing.Count, quarantine.Received, time.GetElapsedTime(begun));
        return brought;
    }

    /// <summary>The objects, checked, if another node had them; else null.</summary>
    private Task<HeldObjects?> FetchFromHoldersAsync(
        Mirror mirror,
        SyncRequester asker,
        FetchRequest request,
        IReadOnlyCollection<ObjectId> missing,
        CancellationToken stopping
    ) =>
        holders.TryAsync(
            mirror.Name,
            asker,
            request,
            async answer =>
            {
                using var life = new SignsOfLife(time, stopping);
                return await life.WatchAsync<HeldObjects?>(async () =>
                {
                    if (
                        await PackResponse.ReadPrologueAsync(answer.Reply.Body, request, ResponseFraming.V2, life.Token)
                        is not { Shallow.Count: 0 }
                    )
                    {
                        return null;
                    }

                    await using var quarantine = new PackQuarantine(git, folder, mirrors, mirror, isWhole: false, stopping, isStrict: true);
                    await life.CopyPackAsync(answer.Reply.Body, ResponseFraming.V2, quarantine.WriteAsync);
                    Brought brought = await quarantine.CompleteAsync(missing, asker.View.TipIds());
                    return new HeldObjects(brought, quarantine.Received);
                });
            },
            stopping
        );

    private sealed record HeldObjects(Brought Brought, long Received);

    /// <summary>The whole pack of the primary, not checked yet; null if the response has none.</summary>
    private async Task<PackQuarantine?> TransferAsync(
        Mirror mirror,
        SyncRequester asker,
        FetchRequest request,
        ResponseFraming framing,
        CancellationToken stopping
    )
    {
        using var life = new SignsOfLife(time, stopping);
        // git starts while the primary makes the pack.
        var quarantine = new PackQuarantine(git, folder, mirrors, mirror, isWhole: false, stopping);
        _underWay[mirror.Name] = life;
        bool isWhole = false;
        try
        {
            isWhole = await life.WatchAsync(async () =>
            {
                await using PrimaryReply reply = await asker.Primary.SyncAsync(request, framing, life.Token);
                if (!await asker.ReadToPackAsync(reply, request, framing, history, mirror.Name, life))
                {
                    return false;
                }

                await life.CopyPackAsync(reply.Body, framing, quarantine.WriteAsync);
                return true;
            });
            return isWhole ? quarantine : null;
        }
        finally
        {
            _underWay.TryRemove(new KeyValuePair<RepositoryName, SignsOfLife>(mirror.Name, life));
            if (!isWhole)
            {
                await quarantine.DisposeAsync();
            }
        }
    }

    /// <summary>First the tips that refs have left, then HEAD, then the tips of branches.</summary>
    private static List<ObjectId> HavesOf(Mirror mirror, AccessView view, IReadOnlyCollection<ObjectId> missing)
    {
        RefTipList tips = mirror.Refs.Tips;
        HashSet<ObjectId> ofNewRefs = [.. missing];
        List<ObjectId> left = [];
        for (var both = new RefComparison(tips, view, peeledOnly: false); both.MoveNext(); )
        {
            if (both.IsOurs && both.IsMoved)
            {
                left.Add(both.Ours.Id);
                ofNewRefs.Remove(both.Theirs.Id);
            }
        }

        if (mirror.Refs.Find("HEAD") is { } head)
        {
            left.Add(head.Id);
        }

        return
        [
            .. left.Concat(TipsOf(tips, ofBranches: true))
                .Concat(TipsOf(tips, ofBranches: false))
                .Distinct()
                .Take(ofNewRefs.Count == 0 ? Math.Min(left.Count + FewHaves, MaxHaves) : MaxHaves),
        ];
    }

    private static IEnumerable<ObjectId> TipsOf(RefTipList tips, bool ofBranches)
    {
        for (RefTipReader reader = tips.Read(); reader.MoveNext(); )
        {
            if (reader.Name.StartsWith("refs/heads/"u8) == ofBranches)
            {
                yield return reader.Id;
            }
        }
    }
}
