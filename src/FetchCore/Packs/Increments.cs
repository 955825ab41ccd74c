using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Mirrors.Packing;
using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Packs.Storing;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.FetchCore.Packs;

/// <summary>
/// Makes the pack of a whole clone from a kept one and the objects that have come since. It is used only where it is proven exact:
/// <code>
///   earlier     the objects of a kept pack of the same shape: all that its wants lead to
///   increment   git pack-objects WANTS ^EARLIER: at least all others that the wants lead to, and nothing that they do not lead to
///   count       git rev-list --count: the number of all objects that the wants lead to
///
///   earlier + increment = count
/// </code>
/// Together they have every object. If the number agrees they have none twice and no other, so a ref that was deleted or rewound, a hidden
/// ref or an object that came back shows in the number. Then the pack is made whole, and is the next base.
/// </summary>
public sealed class Increments(DiskPackTier packs, ObjectQueries objects, IncrementPacks increments, TimeProvider time)
{
    /// <summary>Increments may weigh a tenth of their base; above that the pack is made whole.</summary>
    private const int Share = 10;

    /// <summary>A small base is not worth its share: this much may come anyway.</summary>
    private const long LeastShare = 1L << 20;

    /// <summary>The most kept packs that are tried; each costs git processes.</summary>
    private const int MaxTries = 2;

    /// <summary>Bytes that a client may wait for: they are read and hashed before its first byte leaves, in two seconds. Longer packs
    /// are composed ahead only.</summary>
    private const long MaxWaitedFor = 2L << 30;

    /// <summary>Puts the pack of a fill into the store; false if it must be made whole.</summary>
    /// <param name="fill">The fill, which has not begun.</param>
    /// <param name="lease">The reading of the mirror, which has all wanted objects.</param>
    /// <param name="request">The request.</param>
    /// <param name="threads">The number of threads.</param>
    /// <param name="isAhead">Whether no client waits for it.</param>
    public async Task<bool> TryMakeAsync(Fill fill, MirrorLease lease, FetchRequest request, int threads, bool isAhead)
    {
        ArgumentNullException.ThrowIfNull(fill);
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(request);
        if (fill.Plan is not { WholeClone: { } clone, KeepAtOnce: true } || !fill.MayBeKept)
        {
            return false;
        }

        long begun = time.GetTimestamp();
        GitPriority priority = isAhead ? GitPriority.Ahead : GitPriority.Request;
        try
        {
            HashSet<ObjectId> wanted = [.. clone.Wants];
            int tries = 0;
            if (request.Filter is not null && !await AreAllOfCommitsAsync(lease.Mirror, clone, fill.Stopping))
            {
                return false;
            }

            foreach (
                EarlierPack earlier in packs
                    .EarlierThan(clone)
                    .Where(earlier => isAhead || earlier.Length <= MaxWaitedFor)
                    .OrderByDescending(earlier => earlier.Wants.Count(wanted.Contains))
            )
            {
                if (!await MayBeginAsync(lease.Mirror, clone, wanted, earlier, fill.Stopping))
                {
                    continue;
                }

                if (++tries > MaxTries)
                {
                    break;
                }

                using PackIncrement? increment = await MakeAsync(fill, lease, request, earlier, threads, priority);
                if (increment is not null && await packs.TryComposeAsync(fill, earlier, increment, time.GetElapsedTime(begun)))
                {
                    return true;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // git failed, and its message is in the log. The pack is made whole.
        }

        return false;
    }

    /// <summary>Whether the wants lead to all commits of the earlier pack: cheap to know, and spares an increment in vain.</summary>
    private async Task<bool> MayBeginAsync(
        Mirror mirror,
        WholeClone clone,
        HashSet<ObjectId> wanted,
        EarlierPack earlier,
        CancellationToken stopping
    ) =>
        IncrementPacks.CanCount(mirror, earlier.Length)
        && await objects.AreReachableAsync(mirror, [.. earlier.Wants.Where(want => !wanted.Contains(want))], clone.Wants, stopping) is true;

    /// <summary>
    /// Whether all wants are commits or tags of commits. Under a filter git sends trees and blobs that are wanted themselves, and is not of
    /// one mind about those to which wanted tags point: with bitmaps it sends others than without.
    /// </summary>
    private async Task<bool> AreAllOfCommitsAsync(Mirror mirror, WholeClone clone, CancellationToken stopping)
    {
        HashSet<ObjectId> wanted = [.. clone.Wants];
        var peeled = new Dictionary<ObjectId, ObjectId>();
        foreach (RefTip tip in mirror.Refs.Tips.Peeled().Where(tip => wanted.Contains(tip.Id)))
        {
            peeled[tip.Id] = tip.Peeled!.Value;
        }

        IReadOnlyDictionary<ObjectId, ObjectKind> kinds = await objects.KindsAsync(
            mirror,
            [.. wanted.Select(want => peeled.GetValueOrDefault(want, want)).Distinct()],
            stopping
        );
        return wanted.All(want =>
            kinds.TryGetValue(peeled.GetValueOrDefault(want, want), out ObjectKind kind) && kind == ObjectKind.Commit
        );
    }

    /// <summary>Exactly the objects that the earlier pack lacks; null if it has others than the clone, or lacks too many.</summary>
    private async Task<PackIncrement?> MakeAsync(
        Fill fill,
        MirrorLease lease,
        FetchRequest request,
        EarlierPack earlier,
        int threads,
        GitPriority priority
    )
    {
        fill.Hear();
        if (await increments.CountAsync(lease, request, priority, fill.Stopping) is not { } count || count < earlier.ObjectCount)
        {
            return null;
        }

        long most = Math.Max(LeastShare, (earlier.Length - earlier.IncrementLength) / Share) - earlier.IncrementLength;
        foreach (bool withBitmaps in (bool[])[false, true])
        {
            fill.Hear();
            PackIncrement? increment = await increments.MakeAsync(
                lease,
                request,
                earlier.Wants,
                withBitmaps,
                threads,
                most,
                priority,
                fill.Stopping
            );
            if (increment is null)
            {
                return null;
            }

            if (earlier.ObjectCount + increment.ObjectCount == count)
            {
                return increment;
            }

            increment.Dispose();
        }

        return null;
    }
}
