using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.CacheStore.Disk;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Flights;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Mirroring;

/// <summary>
/// Brings a mirror up to date. All waiting requests share one request to the primary, with one requester's credential, for only the missing
/// objects. A request with other needs, or whose shared sync was refused, asks again with its own credential.
/// </summary>
public sealed class MirrorSync(
    BackgroundWork work,
    MirrorSet mirrors,
    ObjectQueries objects,
    MirrorRefsUpdate refs,
    GitProgram git,
    DataFolder folder,
    PrimaryHistory history,
    TimeProvider time,
    ILogger<MirrorSync> logger
)
{
    private const string Kind = "sync";

    private readonly ConcurrentDictionary<RepositoryName, SignsOfLife> _transfers = new();

    private Action<RepositoryName>? _whenSynchronized;

    /// <summary>A credential is held no longer than this.</summary>
    private static readonly TimeSpan s_credentialHold = TimeSpan.FromMinutes(10);

    /// <summary>The most tips that are sent as haves; the rest is reachable from these, or nearly so.</summary>
    private const int MaxHaves = 4_096;

    /// <summary>Others' syncs waited for before an own one is tried.</summary>
    private const int MaxAttempts = 8;

    /// <summary>
    /// Waits until the mirror has these objects and, if the response needs them, the tags that the requester sees. False if it will not
    /// have them in time; the sync itself goes on.
    /// </summary>
    /// <param name="mirror">The mirror.</param>
    /// <param name="asker">The requester.</param>
    /// <param name="wanted">Objects that the requester may have.</param>
    /// <param name="withTags">Whether the response depends on the annotated tags.</param>
    /// <param name="waiting">Ends the waiting.</param>
    public async Task<bool> EnsureAsync(
        Mirror mirror,
        SyncRequester asker,
        IReadOnlyCollection<ObjectId> wanted,
        bool withTags,
        CancellationToken waiting
    )
    {
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(asker);
        ArgumentNullException.ThrowIfNull(wanted);
        IReadOnlyCollection<ObjectId> needed = withTags ? [.. wanted.Concat(TagsOf(asker.View)).Distinct()] : wanted;
        try
        {
            for (int attempt = 0; attempt < MaxAttempts; attempt++)
            {
                bool hasAll = (await MissingAsync(mirror, needed, waiting)).Count == 0;
                if (hasAll && (!withTags || HasTagsOf(mirror.Refs, asker.View)))
                {
                    Follow(mirror, asker);
                    return true;
                }

                if (asker.IsRecorded)
                {
                    // In an outage nothing can be asked for, and newer refs must not go back to a record.
                    return false;
                }

                Task<bool> sync = work.JoinOrBegin(Kind, mirror.Name, token => SyncAsync(mirror, asker, needed, token), out bool began);
                if (!began && _transfers.TryGetValue(mirror.Name, out SignsOfLife? transfer) && transfer.IsDoubtful)
                {
                    // Another's sync hangs: this request is answered without the mirror.
                    return false;
                }

                bool done = await sync.WaitAsync(waiting);
                if (began && !done)
                {
                    return false;
                }
            }

            return false;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Calls <paramref name="tell"/> for each mirror whose refs or objects were brought up to date.</summary>
    public void WhenSynchronized(Action<RepositoryName> tell) => _whenSynchronized += tell;

    /// <summary>Brings these objects and all refs of the requester's listing. False if that failed.</summary>
    public async Task<bool> UpdateAsync(
        Mirror mirror,
        SyncRequester asker,
        IReadOnlyCollection<ObjectId> wanted,
        CancellationToken stopping
    )
    {
        ArgumentNullException.ThrowIfNull(mirror);
        while (true)
        {
            // Others' syncs may bring less, or in a name that sees less.
            bool done = await work.JoinOrBegin(Kind, mirror.Name, token => SyncAsync(mirror, asker, wanted, token), out bool began)
                .WaitAsync(stopping);
            if (began)
            {
                return done;
            }
        }
    }

    /// <summary>
    /// Brings the refs of a listing. It does nothing if another sync is in progress, or if the mirror has changed since the primary was
    /// asked, because then the mirror may be newer than the listing.
    /// </summary>
    public Task<bool> FollowAsync(MirrorGeneration moment, SyncRequester asker, IReadOnlyCollection<ObjectId> wanted)
    {
        ArgumentNullException.ThrowIfNull(moment);
        Mirror mirror = moment.Mirror;
        return work.JoinOrBegin(
            Kind,
            mirror.Name,
            stopping =>
                HoldAsync(
                    token => ChangeAsync(mirror, async () => moment.IsNow && await EnsureNowAsync(mirror, asker, wanted, token), token),
                    stopping
                ),
            out _
        );
    }

    /// <summary>
    /// Takes in a push. It begins at once, unless another sync is in progress, so a request that needs the new objects waits for it and
    /// does not ask the primary. False if it failed; the mirror is then unchanged.
    /// </summary>
    /// <param name="mirror">The mirror.</param>
    /// <param name="arrive">Waits until the push is complete, at most as long as a credential is held.</param>
    public async Task<bool> TakeInAsync(Mirror mirror, Func<CancellationToken, Task<IncomingPack?>> arrive)
    {
        ArgumentNullException.ThrowIfNull(mirror);
        while (true)
        {
            bool done = await work.JoinOrBegin(Kind, mirror.Name, token => TakeInAsync(mirror, arrive, token), out bool began);
            if (began || work.IsStopping)
            {
                return began && done;
            }
        }
    }

    private static IEnumerable<ObjectId> TipsOf(AccessView view) => view.Tips().Select(static tip => tip.Id);

    private static IEnumerable<ObjectId> TagsOf(AccessView view) =>
        view.PeeledTips().Where(static tip => tip.IsAnnotatedTag).Select(static tip => tip.Id);

    /// <summary>Whether these refs have just the annotated tags that were shown.</summary>
    internal static bool HasTagsOf(MirrorRefs refs, AccessView view) =>
        view.TagsDigest() is { } digest && digest.AsSpan().SequenceEqual(AccessView.TagsDigestOf(refs.Tips));

    /// <summary>Follows moved refs whose objects are there, behind the response.</summary>
    private void Follow(Mirror mirror, SyncRequester asker)
    {
        if (!asker.IsRecorded && refs.IsDue(mirror, asker.View))
        {
            _ = work.JoinOrBegin(Kind, mirror.Name, token => SyncAsync(mirror, asker, [], token), out _);
        }
    }

    private async Task<IReadOnlyCollection<ObjectId>> MissingAsync(
        Mirror mirror,
        IReadOnlyCollection<ObjectId> needed,
        CancellationToken cancellationToken
    )
    {
        HashSet<ObjectId> tips = [.. mirror.Refs.Tips.Select(static tip => tip.Id)];
        List<ObjectId> unknown = [.. needed.Where(id => !tips.Contains(id))];
        if (unknown.Count == 0)
        {
            return [];
        }

        IReadOnlyDictionary<ObjectId, ObjectKind> kinds = await objects.KindsAsync(mirror, unknown, cancellationToken);
        return [.. unknown.Where(id => !kinds.ContainsKey(id))];
    }

    private Task<bool> SyncAsync(Mirror mirror, SyncRequester asker, IReadOnlyCollection<ObjectId> needed, CancellationToken stopping) =>
        HoldAsync(token => ChangeAsync(mirror, () => EnsureNowAsync(mirror, asker, needed, token), token), stopping);

    private Task<bool> TakeInAsync(Mirror mirror, Func<CancellationToken, Task<IncomingPack?>> arrive, CancellationToken stopping) =>
        HoldAsync(
            async token =>
                await arrive(token) is { } incoming && await ChangeAsync(mirror, () => TakeInNowAsync(mirror, incoming, token), token),
            stopping
        );

    /// <summary>Runs it, at most as long as a credential is held.</summary>
    private async Task<bool> HoldAsync(Func<CancellationToken, Task<bool>> work, CancellationToken stopping)
    {
        using var hold = new CancellationTokenSource(s_credentialHold, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(hold.Token, stopping);
        try
        {
            return await work(either.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task<bool> ChangeAsync(Mirror mirror, Func<Task<bool>> change, CancellationToken stopping)
    {
        using IDisposable turn = await mirror.ChangeAsync(stopping);
        try
        {
            return await change();
        }
        finally
        {
            mirror.NoteRefsSet(areLedTo: false);
        }
    }

    private async Task<bool> TakeInNowAsync(Mirror mirror, IncomingPack incoming, CancellationToken stopping)
    {
        IReadOnlyCollection<ObjectId> missing = await MissingAsync(mirror, incoming.Tips, stopping);
        Brought brought = Brought.Nothing;
        if (missing.Count > 0)
        {
            if (incoming.Pack is null)
            {
                return false;
            }

            await using var quarantine = new PackQuarantine(git, folder, mirrors, mirror, isWhole: false, stopping, isStrict: true);
            await quarantine.WriteAllAsync(incoming.Pack, stopping);
            brought = await quarantine.CompleteAsync(missing, TipsOf(incoming.View));
        }

        if (await refs.ApplyAsync(mirror, incoming.View, brought, stopping, incoming.Gone) || missing.Count > 0)
        {
            _whenSynchronized?.Invoke(mirror.Name);
        }

        return true;
    }

    private async Task<bool> EnsureNowAsync(
        Mirror mirror,
        SyncRequester asker,
        IReadOnlyCollection<ObjectId> needed,
        CancellationToken stopping
    )
    {
        IReadOnlyCollection<ObjectId> missing = await MissingAsync(mirror, needed, stopping);
        Brought? brought = missing.Count > 0 ? await FetchAsync(mirror, asker, missing, stopping) : Brought.Nothing;
        if (brought is null)
        {
            return false;
        }

        if (await refs.ApplyAsync(mirror, asker.View, brought, stopping) || missing.Count > 0)
        {
            _whenSynchronized?.Invoke(mirror.Name);
        }

        return true;
    }

    /// <summary>Null if the primary refuses.</summary>
    private async Task<Brought?> FetchAsync(
        Mirror mirror,
        SyncRequester asker,
        IReadOnlyCollection<ObjectId> missing,
        CancellationToken stopping
    )
    {
        long begun = time.GetTimestamp();
        (FetchRequest request, ResponseFraming framing) = asker.RequestFor(mirror.ObjectFormat, [.. missing], HavesOf(mirror));
        await using PackQuarantine? quarantine = await TransferAsync(mirror, asker, request, framing, stopping);
        if (quarantine is null)
        {
            logger.SyncRefused(mirror.Name);
            return null;
        }

        Brought brought = await quarantine.CompleteAsync(missing, TipsOf(asker.View));
        logger.Synced(mirror.Name, missing.Count, quarantine.Received, time.GetElapsedTime(begun));
        return brought;
    }

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
        _transfers[mirror.Name] = life;
        PackQuarantine? quarantine = null,
            whole = null;
        try
        {
            return whole = await life.WatchAsync(async () =>
            {
                await using PrimaryReply reply = await asker.Primary.SyncAsync(request, framing, life.Token);
                life.Note();
                asker.Refused(reply);
                FetchPrologue? prologue = reply.IsAnswer
                    ? await PackResponse.ReadPrologueAsync(reply.Body, request, framing, life.Token)
                    : null;
                if (prologue is { Shallow.Count: > 0 })
                {
                    history.Tell(mirror.Name, isShallow: true);
                }
                else if (prologue is not null)
                {
                    quarantine = new PackQuarantine(git, folder, mirrors, mirror, isWhole: false, stopping);
                    await life.CopyPackAsync(reply.Body, framing, quarantine.WriteAsync);
                }

                return quarantine;
            });
        }
        finally
        {
            _transfers.TryRemove(new KeyValuePair<RepositoryName, SignsOfLife>(mirror.Name, life));
            if (whole is null && quarantine is not null)
            {
                await quarantine.DisposeAsync();
            }
        }
    }

    private static List<ObjectId> HavesOf(Mirror mirror) =>
        [
            .. mirror
                .Refs.Tips.OrderBy(static tip => tip.Name.StartsWith("refs/heads/", StringComparison.Ordinal) ? 0 : 1)
                .Select(static tip => tip.Id)
                .Distinct()
                .Take(MaxHaves),
        ];
}
