using System.IO.Pipelines;
using Waystation.CacheStore;
using Waystation.CacheStore.Git;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Mirrors.Packing;
using Waystation.CacheStore.Packs.Filling;
using Waystation.FetchCore.Authorization;
using Waystation.FetchCore.Flights;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Peers;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Packs;

/// <summary>
/// Makes a response from the mirror, if the mirror has all wanted objects or will have them soon:
/// <code>
///   mirror   there is one, or it is being indexed
///   sync     one shared sync brings the missing objects
///   send on  a pack that has just come is exactly what the client lacks
///   turn     not too many packs are made at once
///   pack     increments: a kept pack and what has come since, or git upload-pack makes it whole, as a fill
/// </code>
/// The first three together wait no longer than <c>Mirrors:SyncWait</c>. After that the next rung serves the request.
/// </summary>
public sealed class LocalRung(
    MirrorSet mirrors,
    ObjectQueries objects,
    MirrorBootstrap bootstrap,
    MirrorSync sync,
    WantsAndHavesFilter filter,
    UploadPack uploadPack,
    Increments increments,
    PackObjectsLimiter limiter,
    IPeers peers,
    MirrorOptions options,
    TimeProvider time
)
{
    private static readonly FillOutcome s_notMadeAhead = new FillOutcome.Broken("the mirror cannot make the answer");

    /// <summary>The number of attempts while a mirror changes; after these the primary makes the pack.</summary>
    private const int MaxAttempts = 4;

    /// <summary>The fetches for which packs may have to be made.</summary>
    internal FetchesUnderWay UnderWay { get; } = new(time);

    /// <summary>Whether the repository has a mirror.</summary>
    public bool HasMirror(RepositoryName repository) => mirrors.Peek(repository) is not null;

    /// <summary>Whether the repository has a mirror that a known client has used since the node started.</summary>
    public bool HasMirrorOfKnown(RepositoryName repository) => mirrors.Peek(repository) is { HasKnownUse: true };

    /// <summary>Whether the repository has none and may have one here.</summary>
    public bool LacksMirror(RepositoryName repository) => mirrors.IsOn && peers.Keeps(repository) && !HasMirror(repository);

    /// <summary>The time after which a client must come again; the queue moves within seconds.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    /// <summary>Makes the response into the fill, or says who must make it.</summary>
    /// <param name="fill">The fill.</param>
    /// <param name="call">The request.</param>
    /// <param name="observed">The fetch, which records how long it waited for its turn.</param>
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
            observed.Missed(MissReason.Crowded);
            return new LocalAnswer.Made(new FillOutcome.Busy(RetryAfter));
        }
        catch (PackPermitLateException)
        {
            observed.Missed(MissReason.Crowded);
            return limiter.TryGoElsewhere(fill.IsOfStrangers) is { } place
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
            if (mirrors.Find(call.Repository, call.Request.ObjectFormat) is not { } mirror)
            {
                return NotMade(limit, observed, MissReason.NoMirror);
            }

            if (await BringAsync(mirror, call, either.Token) is not { } withOrphans)
            {
                return NotMade(limit, observed, MissReason.MirrorBehind);
            }

            if (!withOrphans && await TrySendOnAsync(fill, mirror, call, either.Token) is { } sent)
            {
                return sent;
            }

            using PackObjectsPermit turn = await EnterAsync(fill, call, observed, either.Token);
            using MirrorLease? lease = mirror.TryRead(fill.IsOfStrangers);
            if (lease is null)
            {
                observed.Missed(MissReason.MirrorUnready);
                return LocalAnswer.NotHere;
            }

            observed.Missed(MissReason.MirrorBehind);
            return await MakeAsync(fill, lease, call, withOrphans, turn.Threads, either.Token);
        }
        catch (OperationCanceledException) when (!fill.Stopping.IsCancellationRequested)
        {
            return NotMade(limit, observed, HasMirror(call.Repository) ? MissReason.MirrorBehind : MissReason.NoMirror);
        }
        catch (Exception e) when (!fill.HasBegun && e is IOException or UnauthorizedAccessException)
        {
            // The node's own failure: the primary makes the pack.
            observed.Missed(MissReason.Failed);
            return LocalAnswer.NotHere;
        }
    }

    /// <summary>Waits until no other request wants to make a pack.</summary>
    public Task<PackObjectsPermit> EnterLastAsync(CancellationToken cancellationToken) => limiter.EnterLastAsync(cancellationToken);

    /// <summary>Makes a pack ahead of the first request, from the mirror's present objects; the caller has a turn.</summary>
    /// <param name="fill">The fill.</param>
    /// <param name="mirror">The mirror.</param>
    /// <param name="refs">The refs of the mirror for which the request was made.</param>
    /// <param name="request">The expected request.</param>
    /// <param name="threads">The number of threads.</param>
    public async Task<FillOutcome> MakeAheadAsync(Fill fill, Mirror mirror, MirrorRefs refs, FetchRequest request, int threads)
    {
        ArgumentNullException.ThrowIfNull(fill);
        ArgumentNullException.ThrowIfNull(mirror);
        ArgumentNullException.ThrowIfNull(request);
        using MirrorLease? lease = mirror.TryRead(isForStrangers: true);
        if (lease is null)
        {
            return s_notMadeAhead;
        }

        if (await increments.TryMakeAsync(fill, lease, request, threads, isAhead: true))
        {
            return FillOutcome.Stored;
        }

        using RefSnapshot? snapshot = uploadPack.Freeze(mirror, refs, request);
        return
            await MakeAsync(fill, lease, request, snapshot, withOrphans: false, threads, GitPriority.Ahead, static () => false)
                is LocalAnswer.Made made
            ? made.Outcome
            : s_notMadeAhead;
    }

    /// <summary>The node does not make it, or too many look-ups delayed it.</summary>
    private LocalAnswer NotMade(CancellationTokenSource limit, ObservedFetch observed, MissReason reason)
    {
        observed.Missed(reason);
        return limit.IsCancellationRequested && objects.IsCrowded ? throw new PackPermitLateException() : LocalAnswer.NotHere;
    }

    private async Task<PackObjectsPermit> EnterAsync(Fill fill, LocalCall call, ObservedFetch observed, CancellationToken waiting)
    {
        using PhaseScope phase = observed.Measure(FetchPhase.Turn);
        try
        {
            return await limiter.EnterAsync(call.Repository, new PackRequester(call.Credential, () => fill.IsOfStrangers), waiting);
        }
        catch (OperationCanceledException) when (!fill.Stopping.IsCancellationRequested)
        {
            throw new PackPermitLateException();
        }
    }

    /// <summary>The answer, if a pack that came into the mirror is that; null if it must be made.</summary>
    private async Task<LocalAnswer?> TrySendOnAsync(Fill fill, Mirror mirror, LocalCall call, CancellationToken waiting)
    {
        MirrorRefs refs = mirror.Refs;
        if (mirror.Received.Find(call.Request, refs) is null)
        {
            return null;
        }

        using MirrorLease? lease = mirror.TryRead(fill.IsOfStrangers);
        if (
            lease is null
            || await filter.FilterAgainAsync(mirror, call, withOrphans: false, waiting) is not { } request
            || (request.IncludeTag && !MirrorSync.HasTagsOf(refs, call.Asker.View))
            || mirror.Received.Find(request, refs) is not { } received
            || !await received.IsSoundAsync(waiting)
        )
        {
            return null;
        }

        fill.Begin(
            request.IsDone
                ? FetchPrologue.Empty
                : new FetchPrologue
                {
                    HasAcknowledgments = true,
                    Acks = request.Haves,
                    Ready = true,
                },
            FillSource.Mirror
        );
        await received.WriteAsync(fill.WriteAsync, fill.Stopping);
        return new LocalAnswer.Made(await fill.CompleteAsync(fill.Stopping));
    }

    /// <summary>Whether some wanted objects are among the orphans only; null if they are not in the mirror.</summary>
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

        return await sync.EnsureAsync(mirror, call.Asker, wants, call.Request.IncludeTag, waiting) ? false : null;
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
        fill.ExpectSource();
        if (!withOrphans && await increments.TryMakeAsync(fill, lease, call.Request, threads, isAhead: false))
        {
            return new LocalAnswer.Made(FillOutcome.Stored);
        }

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

            // git resolves haves while reading. If the mirror changed before git's first output, check them again and retry.
            bool hasSaid = request.Haves.Count > 0 || request.Shallows.Count > 0;
            using RefSnapshot? snapshot = uploadPack.Freeze(lease.Mirror, refs, request);
            if (
                await MakeAsync(
                    fill,
                    lease,
                    request,
                    snapshot,
                    withOrphans,
                    threads,
                    GitPriority.Request,
                    () => hasSaid && lease.Mirror.Changes != changes
                ) is
                { } made
            )
            {
                return made;
            }
        }

        return LocalAnswer.NotHere;
    }

    /// <summary>Null if it must begin again.</summary>
    private async Task<LocalAnswer?> MakeAsync(
        Fill fill,
        MirrorLease lease,
        FetchRequest request,
        RefSnapshot? snapshot,
        bool withOrphans,
        int threads,
        GitPriority priority,
        Func<bool> isOutdated
    )
    {
        // While a boundary moves, git 2.39 may use deltas against objects beyond the old boundary, which the client does not have.
        FetchRequest asked = request with
        {
            ThinPack = request.ThinPack && !(request.Deepens && request.Shallows.Count > 0),
        };
        fill.ExpectSource();
        await using GitProcess git = await uploadPack.StartAsync(lease, asked, snapshot, withOrphans, threads, fill.Stopping, priority);
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
