using System.IO.Pipelines;
using Waystation.CacheStore;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Mirrors.Packing;
using Waystation.CacheStore.Packs.Filling;
using Waystation.FetchCore.Authorization;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Packs;

/// <summary>
/// Makes an answer here, from the mirror, where that has all that is wanted or will have soon:
/// <code>
///   mirror   there is one, or it is only being indexed
///   sync     what is missing comes in one shared sync
///   turn     not too many packs are made at once
///   pack     git upload-pack makes it, as a fill
/// </code>
/// The first three together wait no longer than <c>Mirrors:SyncWait</c>; what does not come about in time, or at all, is the next rung's.
/// </summary>
public sealed class LocalRung(
    MirrorSet mirrors,
    ObjectQueries objects,
    MirrorBootstrap bootstrap,
    MirrorSync sync,
    WantsAndHavesFilter filter,
    UploadPack uploadPack,
    PackObjectsLimiter limiter,
    WorkQueue queue,
    UpkeepWork upkeep,
    MirrorOptions options,
    TimeProvider time
)
{
    private static readonly FillOutcome s_notMadeAhead = new FillOutcome.Broken("the mirror cannot make the answer");

    /// <summary>Tries of an answer while a mirror changes; after so many the primary makes it.</summary>
    private const int MaxAttempts = 4;

    /// <summary>Whether the repository has a mirror.</summary>
    public bool HasMirror(RepositoryName repository) => mirrors.Find(repository) is not null;

    /// <summary>Whether the repository has none and may have one.</summary>
    public bool LacksMirror(RepositoryName repository) => mirrors.IsOn && !HasMirror(repository);

    /// <summary>When a client that is told to come again shall come: the queue moves on by the second.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    /// <summary>Makes the answer into the fill, or says who must.</summary>
    /// <param name="fill">The fill.</param>
    /// <param name="call">What is to be made.</param>
    /// <param name="observed">The fetch that it is made for; it is told how long it waited for its turn.</param>
    public async Task<LocalAnswer> MakeAsync(Fill fill, LocalCall call, ObservedFetch observed)
    {
        ArgumentNullException.ThrowIfNull(fill);
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(observed);
        try
        {
            return await TryMakeAsync(fill, call, observed);
        }
        catch (TooManyWaitingException)
        {
            return new LocalAnswer.Made(new FillOutcome.Busy(RetryAfter));
        }
        catch (PackPermitLateException)
        {
            return limiter.TryGoElsewhere() is { } place
                ? new LocalAnswer.Elsewhere(place)
                : new LocalAnswer.Made(new FillOutcome.Busy(RetryAfter));
        }
    }

    private async Task<LocalAnswer> TryMakeAsync(Fill fill, LocalCall call, ObservedFetch observed)
    {
        using var limit = new CancellationTokenSource(options.SyncWait, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, fill.Stopping);
        try
        {
            await bootstrap.FinishAsync(call.Repository, either.Token);
            if (
                mirrors.Find(call.Repository, call.Request.ObjectFormat) is not { } mirror
                || await BringAsync(mirror, call, either.Token) is not { } withOrphans
            )
            {
                return NotMade(limit);
            }

            using PackObjectsPermit turn = await EnterAsync(call.Repository, observed, either.Token, fill.Stopping);
            using MirrorLease? lease = mirror.TryRead();
            if (lease is null)
            {
                queue.Enqueue(WorkKind.Upkeep, call.Repository, upkeep.RestOf(call.Repository));
                return LocalAnswer.NotHere;
            }

            return await MakeAsync(fill, lease, call, withOrphans, turn.Threads, either.Token);
        }
        catch (OperationCanceledException) when (!fill.Stopping.IsCancellationRequested)
        {
            return NotMade(limit);
        }
        catch (Exception e) when (!fill.HasBegun && e is IOException or UnauthorizedAccessException)
        {
            // Our own trouble: the primary makes the answer.
            return LocalAnswer.NotHere;
        }
    }

    /// <summary>Waits until nobody else wants to make a pack.</summary>
    public Task<PackObjectsPermit> EnterLastAsync(CancellationToken cancellationToken) => limiter.EnterLastAsync(cancellationToken);

    /// <summary>Makes an answer that nobody has asked for yet, of what the mirror has; the caller has a turn.</summary>
    /// <param name="fill">Into which fill.</param>
    /// <param name="mirror">Of which mirror.</param>
    /// <param name="refs">The refs of the mirror that the request was made for.</param>
    /// <param name="request">What will be asked.</param>
    /// <param name="threads">With so many.</param>
    public async Task<FillOutcome> MakeAheadAsync(Fill fill, Mirror mirror, MirrorRefs refs, FetchRequest request, int threads)
    {
        ArgumentNullException.ThrowIfNull(fill);
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(request);
        using MirrorLease? lease = mirror.TryRead();
        if (lease is null)
        {
            return s_notMadeAhead;
        }

        using RefSnapshot? snapshot = uploadPack.Freeze(mirror, refs, request);
        return await MakeAsync(fill, lease, request, snapshot, withOrphans: false, threads, static () => false) is LocalAnswer.Made made
            ? made.Outcome
            : s_notMadeAhead;
    }

    /// <summary>Not here; or late, where the time went by in a crowd of look-ups.</summary>
    private LocalAnswer NotMade(CancellationTokenSource limit) =>
        limit.IsCancellationRequested && objects.IsCrowded ? throw new PackPermitLateException() : LocalAnswer.NotHere;

    private async Task<PackObjectsPermit> EnterAsync(
        RepositoryName repository,
        ObservedFetch observed,
        CancellationToken waiting,
        CancellationToken stopping
    )
    {
        using PhaseScope phase = observed.Measure(FetchPhase.Turn);
        try
        {
            return await limiter.EnterAsync(repository, waiting);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            throw new PackPermitLateException();
        }
    }

    /// <summary>Whether what is wanted is only there among the orphans; null where it is not there.</summary>
    private async Task<bool?> BringAsync(Mirror mirror, LocalCall call, CancellationToken waiting)
    {
        IReadOnlyList<ObjectId> wants = call.Request.Wants;
        if (
            (!call.Request.IncludeTag || MirrorSync.HasTagsOf(mirror.Refs, call.Asker.View))
            && await objects.HasWithOrphansAsync(mirror, wants, waiting)
            && (await objects.KindsAsync(mirror, wants, waiting)).Count < wants.Count
        )
        {
            return true;
        }

        if (!await sync.EnsureAsync(mirror, call.Asker, wants, call.Request.IncludeTag, waiting))
        {
            return null;
        }

        queue.Enqueue(WorkKind.Upkeep, call.Repository, upkeep.RestOf(call.Repository));
        return false;
    }

    private async Task<LocalAnswer> MakeAsync(
        Fill fill,
        MirrorLease lease,
        LocalCall call,
        bool withOrphans,
        int threads,
        CancellationToken waiting
    )
    {
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            long changes = lease.Mirror.Changes;
            if (await filter.FilterAgainAsync(lease.Mirror, call, withOrphans, waiting) is not { } request)
            {
                return LocalAnswer.NotHere;
            }

            MirrorRefs refs = lease.Mirror.Refs;
            if (request.IncludeTag && !MirrorSync.HasTagsOf(refs, call.Asker.View))
            {
                return LocalAnswer.NotHere;
            }

            // git looks for the haves while it reads them: what came before it had said so is looked at anew.
            bool hasSaid = request.Haves.Count > 0 || request.Shallows.Count > 0;
            using RefSnapshot? snapshot = uploadPack.Freeze(lease.Mirror, refs, request);
            if (
                await MakeAsync(fill, lease, request, snapshot, withOrphans, threads, () => hasSaid && lease.Mirror.Changes != changes) is
                { } made
            )
            {
                return made;
            }
        }

        return LocalAnswer.NotHere;
    }

    /// <summary>Null where it has to be begun anew.</summary>
    private async Task<LocalAnswer?> MakeAsync(
        Fill fill,
        MirrorLease lease,
        FetchRequest request,
        RefSnapshot? snapshot,
        bool withOrphans,
        int threads,
        Func<bool> isOutdated
    )
    {
        // While a boundary moves, git 2.39 may build on what lies beyond the old one, which the client does not have.
        FetchRequest asked = request with
        {
            ThinPack = request.ThinPack && !(request.Deepens && request.Shallows.Count > 0),
        };
        fill.ExpectSource();
        await using GitProcess git = await uploadPack.StartAsync(lease, asked, snapshot, withOrphans, threads, fill.Stopping);
        PipeReader output = PipeReader.Create(git.Output, new StreamPipeReaderOptions(bufferSize: 64 * 1024, minimumReadSize: 16 * 1024));
        (bool isPack, FetchPrologue? prologue) = await PackResponse.ReadStartAsync(output, asked, ResponseFraming.V2, fill.Stopping);
        if (isOutdated())
        {
            return null;
        }

        if (prologue is null)
        {
            return LocalAnswer.NotHere;
        }

        if (!isPack)
        {
            return new LocalAnswer.Made(new FillOutcome.Round(prologue));
        }

        fill.Begin(prologue, FillSource.Mirror);
        return new LocalAnswer.Made(
            await PackResponse.CopyPackAsync(output, ResponseFraming.V2, new FillSink(fill), fill.Stopping) is { } broken
                ? new FillOutcome.Broken(broken.Reason, broken.SourceError)
                : await fill.CompleteAsync(fill.Stopping)
        );
    }
}
