using System.Diagnostics;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Packs.Storing;
using Waystation.FetchCore.Access.Standing;
using Waystation.FetchCore.Authorization;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Peers;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.FetchCore.Packs;

/// <summary>
/// The ladder that every fetch climbs, from either front end.
/// <code>
///   1 access    a live ticket, or a question to the primary with this credential; every want must be visible to it
///   2 key       everything that changes the response, and nothing else
///   3 hit       the pack cache has the pack
///   4 join      a fill of it is in progress: follow it
///   5 peer      another node keeps the mirror: it is asked first
///   6 local     the mirror has the wanted objects, or will have them soon: git makes the pack, as a fill that others may follow
///   7 holders   nodes that kept the mirror before may have the pack
///   8 forward   the primary makes the pack, as a fill; a full clone becomes the mirror on its way
/// </code>
/// A fetch that cannot be decided here is forwarded to the primary: that costs time and never correctness. The service writes nothing to
/// clients; it returns the answer to write.
/// </summary>
public sealed class FetchService(
    FetchAuthorizer access,
    IPackTier packs,
    FillTable fills,
    PackAdmission admission,
    LocalRung local,
    MirrorBootstrap bootstrap,
    ClonePatterns patterns,
    IPeers peers,
    ClientStandings standings,
    RequestMemory memory,
    TimeProvider time
)
{
    private static readonly FillOutcome s_notHere = new FillOutcome.Broken("no node has the objects");

    /// <summary>
    /// How long a response that another source could take over waits for its pack before it begins. Until then nothing is decided for the
    /// client, and every other answer can take the place. Shorter than git's own keepalive of 5 seconds.
    /// </summary>
    private static readonly TimeSpan s_lookAhead = TimeSpan.FromSeconds(4);

    private readonly PeerRung _peer = new(peers, local, fills, bootstrap);
    private readonly ForwardRung _forward = new(access, local, fills, bootstrap, time);

    /// <summary>The memory of all requests.</summary>
    public RequestMemory Memory => memory;

    /// <summary>Answers one fetch.</summary>
    /// <param name="call">The fetch.</param>
    /// <param name="cancellationToken">The client's token. It ends this client's waiting, never a fill that others follow.</param>
    public async Task<FetchAnswer> FetchAsync(FetchCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        using IDisposable underWay = local.UnderWay.Begin(call.Repository);
        FetchAnswer answer = await AnswerAsync(call, cancellationToken);
        answer.TellTo(call.Observed);
        return answer;
    }

    private async Task<FetchAnswer> AnswerAsync(FetchCall call, CancellationToken cancellationToken)
    {
        if (!call.Request.MayBringPack && (call.Request.Deepens || call.Request.Haves.Count == 0 || !local.HasMirror(call.Repository)))
        {
            // There is no pack to make. And no v2 server gives the parts of a response that an older client needs about its boundary in
            // such a
            // round, or if it names no have.
            return new FetchAnswer.Forward(ForwardReason.NoPack);
        }

        using MemoryShare share = memory.Open();
        return share.TryGrow(RequestCost.Settled(call.Request))
            ? await FetchAsync(call, new FetchTries(), cancellationToken)
            : new FetchAnswer.Forward(ForwardReason.TooLarge);
    }

    private async Task<FetchAnswer> FetchAsync(FetchCall call, FetchTries tries, CancellationToken cancellationToken)
    {
        while (true)
        {
            // 1 access
            FetchAuthorization settled;
            try
            {
                using PhaseScope phase = call.Observed.Measure(FetchPhase.Access);
                settled = await access.AuthorizeAsync(call, tries.MustSettleAnew, cancellationToken);
                tries.MustSettleAnew = false;
            }
            catch (PrimaryBusyException e)
            {
                return new FetchAnswer.Unreachable(e);
            }
            catch (TooManyWaitingException)
            {
                return new FetchAnswer.Busy(LocalRung.RetryAfter);
            }

            FetchAnswer? answer = settled.View is null
                ? await AskKeeperAloneAsync(call, settled, cancellationToken) ?? new FetchAnswer.Forward(settled.Reason)
                : await AnswerAsync(call, settled, tries, cancellationToken);
            if (answer is not null)
            {
                return answer with { Outage = settled.RecordedFor is { } age ? new OutageNote(call.Repository.Host, age) : null };
            }
        }
    }

    /// <summary>
    /// A fetch of objects that the listings do not show, at a node that does not keep the mirror: the keeper decides. Null if it did not,
    /// or if there is no other node.
    /// </summary>
    private async Task<FetchAnswer?> AskKeeperAloneAsync(FetchCall call, FetchAuthorization settled, CancellationToken cancellationToken)
    {
        if (settled is not { Reason: ForwardReason.NotVisible, Shown: not null } || call.From is not null || peers.Keeps(call.Repository))
        {
            return null;
        }

        // Nobody shares it, so the key needs no tags.
        PackKey key = PackKey.Of(call.Repository, call.Request with { IncludeTag = false });
        var plan = new FillPlan(key, call.Repository, call.Request.ObjectFormat, KeepAtOnce: false) { IsOfStranger = IsStranger(call) };
        FillReader reader = fills.BeginAlone(plan, async fill => await _peer.AskKeeperAsync(fill, call, settled) ?? s_notHere);
        bool handedOut = false;
        try
        {
            switch (await reader.BeginAsync(cancellationToken) ?? await reader.LookAheadAsync(s_lookAhead, time, cancellationToken))
            {
                case null:
                    handedOut = true;
                    return new FetchAnswer.Pack(reader, FetchOutcome.Peer, WillKeep: false);
                case FillOutcome.Round round when !IsToldItsBoundary(call):
                    return new FetchAnswer.Round(round.Prologue);
                default:
                    return null;
            }
        }
        finally
        {
            if (!handedOut)
            {
                await reader.DisposeAsync();
            }
        }
    }

    /// <summary>Null if access must be decided again.</summary>
    private async Task<FetchAnswer?> AnswerAsync(
        FetchCall call,
        FetchAuthorization settled,
        FetchTries tries,
        CancellationToken cancellationToken
    )
    {
        // 2 key
        byte[]? tags = call.Request.IncludeTag ? settled.View!.TagsDigest() : [];
        return tags is null
            ? new FetchAnswer.Forward(ForwardReason.TagsUnknown)
            : await ClimbAsync(call, settled, PackKey.Of(call.Repository, settled.Request, tags), tries, cancellationToken);
    }

    /// <summary>Null if access must be decided again.</summary>
    private async Task<FetchAnswer?> ClimbAsync(
        FetchCall call,
        FetchAuthorization settled,
        PackKey key,
        FetchTries tries,
        CancellationToken cancellationToken
    )
    {
        bool isStranger = IsStranger(call);
        admission.Count(call.Repository, key, isStranger);
        if (!isStranger || !local.HasMirrorOfKnown(call.Repository))
        {
            patterns.Count(call.Repository, key, settled.Request, settled.View!);
        }

        // There are as many clones of old commits as commits: those of strangers are kept when one is asked for again.
        bool keepAtOnce = settled.Request.IsClone && (!isStranger || settled.View!.Shows(settled.Request.Wants));
        var plan = new FillPlan(key, call.Repository, call.Request.ObjectFormat, keepAtOnce)
        {
            IsOfStranger = isStranger,
            AsksKeeper = call.From is null && !peers.Keeps(call.Repository),
            WholeClone = WholeClone.Of(call.Repository, settled.Request),
        };
        while (!tries.MustSettleAnew)
        {
            // 3 hit
            if (await packs.TryOpenAsync(key, isStranger, cancellationToken) is { } stored)
            {
                await RemakeMirrorAsync(call, settled, key, isStranger, cancellationToken);
                return new FetchAnswer.Pack(stored, tries.HasMade ? FetchOutcome.Local : FetchOutcome.Hit, WillKeep: true);
            }

            if (await JoinOrBeginAsync(call, settled, plan, tries, cancellationToken) is { } answer)
            {
                return answer;
            }
        }

        return null;
    }

    /// <summary>Null if the fill ended before it began, and not because of this call: start again from the top.</summary>
    private async Task<FetchAnswer?> JoinOrBeginAsync(
        FetchCall call,
        FetchAuthorization settled,
        FillPlan plan,
        FetchTries tries,
        CancellationToken cancellationToken
    )
    {
        Task<FillOutcome> MakeAsync(Fill fill) => this.MakeAsync(fill, call, settled);
        bool began = true;
        FillReader reader = tries.IsAtEnd
            ? fills.BeginAlone(plan, MakeAsync)
            : fills.JoinOrBegin(plan, MakeAsync, out began, tries.Patience, mayWaitForKeeper: call.From is null);
        bool handedOut = false;
        try
        {
            if (await reader.BeginAsync(cancellationToken) is { } ended)
            {
                tries.HasMade |= began && ended == FillOutcome.Stored;
                return AnswerTo(ended, call, tries);
            }

            bool canFollowAnother = !began || reader.Source == FillSource.Peer;
            if (canFollowAnother && await reader.LookAheadAsync(s_lookAhead, time, cancellationToken) is { } lost)
            {
                return AnswerTo(lost, call, tries);
            }

            handedOut = true;
            FetchOutcome outcome = reader switch
            {
                { JoinedWhole: true } when !began => FetchOutcome.Hit,
                // A pack that is made ahead is made for this client, not for another one.
                { IsMadeAhead: false } when !began => FetchOutcome.Join,
                { Source: FillSource.Mirror } => FetchOutcome.Local,
                { Source: FillSource.Peer } => FetchOutcome.Peer,
                _ => FetchOutcome.Forward,
            };
            PackReader answer = canFollowAnother
                ? new FollowingReader(reader, (ending, token) => FollowAnotherAsync(call, tries, ending, token))
                : reader;
            return new FetchAnswer.Pack(
                answer,
                outcome,
                plan.KeepAtOnce || admission.WasAskedAgain(plan.Repository, plan.Key, plan.IsOfStranger)
            );
        }
        finally
        {
            if (!handedOut)
            {
                await reader.DisposeAsync();
            }
        }
    }

    /// <summary>The answer after a fill that ended before it began; null if another fill must be looked for.</summary>
    private static FetchAnswer? AnswerTo(FillOutcome ended, FetchCall call, FetchTries tries)
    {
        bool isLast = tries.IsAtEnd;
        tries.Fail(ended);
        return ended switch
        {
            FillOutcome.Broken when call.IsHeldOnly => new FetchAnswer.Forward(ForwardReason.NotHeld),
            FillOutcome.Round when IsToldItsBoundary(call) => new FetchAnswer.Forward(ForwardReason.NoPack),
            FillOutcome.Round round => new FetchAnswer.Round(round.Prologue),
            FillOutcome.NoPack { Reply: PrimaryReply reply } => new FetchAnswer.Relay(reply),
            FillOutcome.Unreachable { Cause: PrimaryException cause } => new FetchAnswer.Unreachable(cause),
            FillOutcome.Busy { Cause: PrimaryException cause } => new FetchAnswer.Unreachable(cause),
            FillOutcome.Busy busy => new FetchAnswer.Busy(busy.RetryAfter),
            _ => isLast ? new FetchAnswer.Forward(ForwardReason.Contended) : null,
        };
    }

    /// <summary>Another pack for a client that has got the prologue; null if there is none.</summary>
    private async Task<PackReader?> FollowAnotherAsync(
        FetchCall call,
        FetchTries tries,
        FillOutcome ending,
        CancellationToken cancellationToken
    )
    {
        tries.Fail(ending);
        switch (await FetchAsync(call, tries, cancellationToken))
        {
            case FetchAnswer.Pack pack:
                return pack.Reader;
            case FetchAnswer.Relay relay:
                await relay.Reply.DisposeAsync();
                return null;
            case FetchAnswer.Busy busy:
                throw new FillFailedException(ending.Reason, TroubleText.OfBusyNode(busy.RetryAfter) + '\n');
            default:
                return null;
        }
    }

    private bool IsStranger(FetchCall call) => call.IsOfStranger ?? standings.IsStranger(call.Repository, call.Credential);

    /// <summary>An older client that deepens hears of its new boundary in every round; in v2, in which rounds are made here, it comes
    /// with the pack.</summary>
    private static bool IsToldItsBoundary(FetchCall call) => call is { Framing.ProtocolVersion: < 2, Request.Deepens: true };

    private async Task<FillOutcome> MakeAsync(Fill fill, FetchCall call, FetchAuthorization settled)
    {
        // 5 peer
        if (await _peer.AskKeeperAsync(fill, call, settled) is { } ofKeeper)
        {
            return ofKeeper;
        }

        fill.LeaveKeeper();

        // 6 local
        var asked = new LocalCall(call.Repository, settled.Request, access.AskerOf(call, settled), call.Visibility, call.Credential);
        switch (await local.MakeAsync(fill, asked, call.Observed))
        {
            case LocalAnswer.Made made:
                return made.Outcome;
            case LocalAnswer.Elsewhere(var place):
                if (call.IsHeldOnly)
                {
                    place?.Dispose();
                    return s_notHere;
                }

                using (place)
                {
                    // 7 holders
                    if (await _peer.AskHoldersAsync(fill, call, settled) is { } ofHolder)
                    {
                        return ofHolder;
                    }

                    // 8 forward
                    return await _forward.MakeAsync(fill, call, settled);
                }

            default:
                throw new UnreachableException();
        }
    }

    /// <summary>There is a cached clone but no mirror: the mirror was evicted or given up, or the node was killed while it was made.
    /// Rebuilds
    /// it from the cached pack.</summary>
    private async ValueTask RemakeMirrorAsync(
        FetchCall call,
        FetchAuthorization settled,
        PackKey key,
        bool isStranger,
        CancellationToken cancellationToken
    )
    {
        if (
            local.LacksMirror(call.Repository)
            && MirrorBootstrap.IsFullClone(call.Request)
            && bootstrap.MayRemake(call.Repository)
            && settled.View!.Shows(call.Request.Wants)
            && await packs.TryOpenAsync(key, isStranger, cancellationToken) is { } reader
        )
        {
            await bootstrap.FollowAsync(call, settled.View, reader, isStranger);
        }
    }
}
