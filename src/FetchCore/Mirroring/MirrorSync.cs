using Waystation.CacheStore;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Flights;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Mirroring;

/// <summary>
/// Brings a mirror up to date. All waiting requests share one request to the primary, with one requester's credential, for only the missing
/// objects. A request with other needs, or whose shared sync was refused, asks again with its own credential.
/// </summary>
public sealed class MirrorSync(
    BackgroundWork work,
    ObjectQueries objects,
    MirrorRefsUpdate refs,
    MirrorTransfer transfer,
    TimeProvider time
)
{
    private const string Kind = "sync";

    private Action<RepositoryName>? _whenSynchronized;

    /// <summary>The longest time that a credential is held.</summary>
    private static readonly TimeSpan s_credentialHold = TimeSpan.FromMinutes(10);

    /// <summary>The most syncs that a request waits for.</summary>
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
        IReadOnlyCollection<ObjectId> needed = withTags ? [.. wanted.Concat(asker.View.AnnotatedTagIds()).Distinct()] : wanted;
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
                if (!began && transfer.Hangs(mirror.Name))
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
            // The syncs of other requesters may bring less, or in a name that sees less.
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

    /// <summary>Whether these refs have just the annotated tags that were shown.</summary>
    internal static bool HasTagsOf(MirrorRefs refs, AccessView view) =>
        view.TagsDigest() is { } digest && digest.AsSpan().SequenceEqual(refs.Tips.TagsDigest());

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
        IReadOnlyCollection<ObjectId> unknown = TipSearch.NotTips(mirror.Refs.Tips, needed);
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

            brought = await transfer.TakeInAsync(mirror, incoming, missing, stopping);
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
        Brought? brought;
        try
        {
            brought = missing.Count > 0 ? await transfer.FetchAsync(mirror, asker, missing, stopping) : Brought.Nothing;
        }
        catch (GitFailedException)
        {
            // A damaged file may be the reason. A look at the mirror then asks for upkeep.
            mirror.TryRead(isForStrangers: true)?.Dispose();
            throw;
        }

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
}
