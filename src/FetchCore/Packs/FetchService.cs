using System.Diagnostics;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Packs.Storing;
using Waystation.FetchCore.Authorization;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;

namespace Waystation.FetchCore.Packs;

/// <summary>
/// The ladder that every fetch climbs, whichever front end it came through.
/// <code>
///   1 access    a live ticket, or the primary is asked with this credential; every want must have been shown to it
///   2 key       what changes the answer, and nothing else
///   3 hit       the pack cache has it
///   4 join      somebody's fill of it is under way: follow
///   5 local     the mirror has what is wanted, or will have soon: made here, as a fill that others may follow
///   6 forward   the primary makes it, as a fill; a full clone becomes the mirror on its way
/// </code>
/// Whatever cannot be settled here is handed to the primary: it costs time and never correctness. It writes nothing to
/// anybody; it returns what is to be written.
/// </summary>
public sealed class FetchService(
    FetchAuthorizer access,
    IPackTier packs,
    FillTable fills,
    PackAdmission admission,
    LocalRung local,
    MirrorBootstrap bootstrap,
    ClonePatterns patterns,
    RequestMemory memory,
    TimeProvider time
)
{
    private readonly ForwardRung _forward = new(access, local, fills, bootstrap, time);

    /// <summary>What requests may hold.</summary>
    public RequestMemory Memory => memory;

    /// <summary>Answers one fetch.</summary>
    /// <param name="call">The fetch.</param>
    /// <param name="cancellationToken">The client's: it ends this client's waiting, never a fill that others follow.</param>
    public async Task<FetchAnswer> FetchAsync(FetchCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        FetchAnswer answer = await AnswerAsync(call, cancellationToken);
        answer.TellTo(call.Observed);
        return answer;
    }

    private async Task<FetchAnswer> AnswerAsync(FetchCall call, CancellationToken cancellationToken)
    {
        if (!call.Request.MayBringPack && (call.Request.Deepens || call.Request.Haves.Count == 0 || !local.HasMirror(call.Repository)))
        {
            // Nothing to make; and what an older client must hear of its boundary in such a round, or where it names no have, no v2 server
            // says.
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
                ? new FetchAnswer.Forward(settled.Reason)
                : await AnswerAsync(call, settled, tries, cancellationToken);
            if (answer is not null)
            {
                return answer with { Outage = settled.RecordedFor is { } age ? new OutageNote(call.Repository.Host, age) : null };
            }
        }
    }

    /// <summary>Null where access is to be settled anew.</summary>
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

    /// <summary>Null where access is to be settled anew.</summary>
    private async Task<FetchAnswer?> ClimbAsync(
        FetchCall call,
        FetchAuthorization settled,
        PackKey key,
        FetchTries tries,
        CancellationToken cancellationToken
    )
    {
        admission.Count(call.Repository, key);
        patterns.Count(call.Repository, key, settled.Request, settled.View!);
        var plan = new FillPlan(key, call.Repository, call.Request.ObjectFormat, KeepAtOnce: settled.Request.IsClone);
        while (!tries.MustSettleAnew)
        {
            // 3 hit
            if (await packs.TryOpenAsync(key, cancellationToken) is { } stored)
            {
                await RemakeMirrorAsync(call, settled, key, cancellationToken);
                return new FetchAnswer.Pack(stored, FetchOutcome.Hit, WillKeep: true);
            }

            if (await JoinOrBeginAsync(call, settled, plan, tries, cancellationToken) is { } answer)
            {
                return answer;
            }
        }

        return null;
    }

    /// <summary>Null where the fill ended before it began, through no doing of this call: look again from the top.</summary>
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
            : fills.JoinOrBegin(plan, MakeAsync, out began, tries.Patience);
        bool handedOut = false;
        try
        {
            if (await reader.BeginAsync(cancellationToken) is { } ended)
            {
                return AnswerTo(ended, call, tries);
            }

            handedOut = true;
            FetchOutcome outcome = !began
                ? reader.JoinedWhole
                    ? FetchOutcome.Hit
                    : FetchOutcome.Join
                : reader.Source == FillSource.Mirror
                    ? FetchOutcome.Local
                    : FetchOutcome.Forward;
            PackReader answer = began
                ? reader
                : new FollowingReader(reader, (ending, token) => FollowAnotherAsync(call, tries, ending, token));
            return new FetchAnswer.Pack(answer, outcome, plan.KeepAtOnce || admission.WasAskedAgain(plan.Repository, plan.Key));
        }
        finally
        {
            if (!handedOut)
            {
                await reader.DisposeAsync();
            }
        }
    }

    /// <summary>The answer where a fill ended before it began; null where another is to be looked for.</summary>
    private static FetchAnswer? AnswerTo(FillOutcome ended, FetchCall call, FetchTries tries)
    {
        bool isLast = tries.IsAtEnd;
        tries.Fail(ended);
        return ended switch
        {
            FillOutcome.Round when IsToldItsBoundary(call) => new FetchAnswer.Forward(ForwardReason.NoPack),
            FillOutcome.Round round => new FetchAnswer.Round(round.Prologue),
            FillOutcome.NoPack { Reply: PrimaryReply reply } => new FetchAnswer.Relay(reply),
            FillOutcome.Unreachable { Cause: PrimaryException cause } => new FetchAnswer.Unreachable(cause),
            FillOutcome.Busy { Cause: PrimaryException cause } => new FetchAnswer.Unreachable(cause),
            FillOutcome.Busy busy => new FetchAnswer.Busy(busy.RetryAfter),
            _ => isLast ? new FetchAnswer.Forward(ForwardReason.Contended) : null,
        };
    }

    /// <summary>Another answer for one who was told how it begins; null where there is none.</summary>
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

    /// <summary>An older client that deepens hears of its new boundary in every round; in v2, in which rounds are made here, it comes with
    /// the pack.</summary>
    private static bool IsToldItsBoundary(FetchCall call) => call is { Framing.ProtocolVersion: < 2, Request.Deepens: true };

    private async Task<FillOutcome> MakeAsync(Fill fill, FetchCall call, FetchAuthorization settled)
    {
        // 5 local
        var asked = new LocalCall(call.Repository, settled.Request, access.AskerOf(call, settled), call.Visibility);
        switch (await local.MakeAsync(fill, asked, call.Observed))
        {
            case LocalAnswer.Made made:
                return made.Outcome;
            case LocalAnswer.Elsewhere(var place):
                // 6 forward
                using (place)
                {
                    return await _forward.MakeAsync(fill, call, settled);
                }

            default:
                throw new UnreachableException();
        }
    }

    /// <summary>A full clone is kept, and no mirror: it was evicted or given up, or the node was killed while it was made. It is made of
    /// what is kept.</summary>
    private async ValueTask RemakeMirrorAsync(FetchCall call, FetchAuthorization settled, PackKey key, CancellationToken cancellationToken)
    {
        if (
            local.LacksMirror(call.Repository)
            && MirrorBootstrap.IsFullClone(call.Request)
            && bootstrap.MayRemake(call.Repository)
            && settled.View!.Shows(call.Request.Wants)
            && await packs.TryOpenAsync(key, cancellationToken) is { } reader
        )
        {
            await bootstrap.FollowAsync(call.Repository, call.Request, settled.View, reader);
        }
    }
}
