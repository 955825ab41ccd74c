using System.Globalization;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Ahead;
using Waystation.FetchCore.Local;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Work;
using Waystation.GitProtocol.Fetching;

namespace Waystation.FetchCore;

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
    AccessDesk access,
    IPackTier packs,
    FillTable fills,
    Admission admission,
    LocalRung local,
    MirrorMaking making,
    CloneShapes shapes,
    RequestMemory memory,
    TimeProvider time
)
{
    /// <summary>When whoever is told to come again shall come: the queue moves on by the second.</summary>
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(10);

    private readonly AnswerWitness _witness = new(access, time);

    /// <summary>What requests may hold.</summary>
    public RequestMemory Memory => memory;

    /// <summary>Answers one fetch.</summary>
    /// <param name="call">The fetch.</param>
    /// <param name="cancellationToken">The client's: it ends this client's waiting, never a fill that others follow.</param>
    public async Task<FetchAnswer> FetchAsync(FetchCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
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
        long begun = time.GetTimestamp();
        TimeSpan accessTime = TimeSpan.Zero;
        while (true)
        {
            // 1 access
            long settling = time.GetTimestamp();
            SettledAccess settled;
            try
            {
                settled = await access.SettleAsync(call, tries.MustSettleAnew, cancellationToken);
                tries.MustSettleAnew = false;
            }
            catch (PrimaryBusyException e)
            {
                return new FetchAnswer.Unreachable(e) { Times = new FetchTimes(time.GetElapsedTime(begun), TimeSpan.Zero) };
            }
            catch (PackTurnsFullException)
            {
                return new FetchAnswer.Busy(s_retryAfter) { Times = new FetchTimes(time.GetElapsedTime(begun), TimeSpan.Zero) };
            }

            accessTime += time.GetElapsedTime(settling);
            FetchAnswer? answer = settled.View is null
                ? new FetchAnswer.Forward(settled.Reason)
                : await AnswerAsync(call, settled, tries, cancellationToken);
            if (answer is not null)
            {
                return answer with
                {
                    Times = new FetchTimes(accessTime, time.GetElapsedTime(begun) - accessTime),
                    Outage = settled.RecordedFor is { } age ? new OutageNote(call.Repository.Host, age) : null,
                };
            }
        }
    }

    /// <summary>Null where access is to be settled anew.</summary>
    private async Task<FetchAnswer?> AnswerAsync(
        FetchCall call,
        SettledAccess settled,
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
        SettledAccess settled,
        PackKey key,
        FetchTries tries,
        CancellationToken cancellationToken
    )
    {
        admission.Ask(call.Repository, key);
        shapes.Ask(call.Repository, key, settled.Request, settled.View!);
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
        SettledAccess settled,
        FillPlan plan,
        FetchTries tries,
        CancellationToken cancellationToken
    )
    {
        var starter = new StarterReply();
        Task MakeAsync(Fill fill) => this.MakeAsync(fill, call, settled, starter);
        bool began = true;
        FillReader reader = tries.IsAtEnd
            ? fills.BeginAlone(plan, MakeAsync)
            : fills.JoinOrBegin(plan, MakeAsync, out began, tries.Patience);
        bool handedOut = false;
        try
        {
            await reader.BeginAsync(cancellationToken);
            handedOut = true;
            FetchOutcome outcome =
                began ? starter.Outcome
                : reader.JoinedWhole ? FetchOutcome.Hit
                : FetchOutcome.Join;
            PackReader answer = began
                ? reader
                : new FollowingReader(reader, (failure, token) => FollowAnotherAsync(call, tries, failure, token));
            return new FetchAnswer.Pack(answer, outcome, plan.KeepAtOnce || admission.WasAskedAgain(plan.Repository, plan.Key));
        }
        catch (FillFailedException e)
        {
            bool isLast = tries.IsAtEnd;
            tries.Fail(e);
            return e.Round is not null && IsToldItsBoundary(call) ? new FetchAnswer.Forward(ForwardReason.NoPack)
                : e.Round is { } round ? new FetchAnswer.Round(round)
                : starter.Take() is { } reply ? new FetchAnswer.Relay(reply)
                : starter.Failure is { } failure ? new FetchAnswer.Unreachable(failure)
                : e.RetryAfter is { } after ? new FetchAnswer.Busy(after)
                : isLast ? new FetchAnswer.Forward(ForwardReason.Contended)
                : null;
        }
        finally
        {
            await starter.LeaveAsync();
            if (!handedOut)
            {
                await reader.DisposeAsync();
            }
        }
    }

    /// <summary>Another answer for one who was told how it begins; null where there is none.</summary>
    private async Task<PackReader?> FollowAnotherAsync(
        FetchCall call,
        FetchTries tries,
        FillFailedException failure,
        CancellationToken cancellationToken
    )
    {
        tries.Fail(failure);
        switch (await FetchAsync(call, tries, cancellationToken))
        {
            case FetchAnswer.Pack pack:
                return pack.Reader;
            case FetchAnswer.Relay relay:
                await relay.Reply.DisposeAsync();
                return null;
            case FetchAnswer.Busy busy:
                throw new FillFailedException(
                    failure.Message,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"waystation: too many packs are being made here; try again in {busy.RetryAfter.TotalSeconds:0} s\n"
                    ),
                    failure
                );
            default:
                return null;
        }
    }

    /// <summary>An older client that deepens hears of its new boundary in every round; in v2, in which rounds are made here, it comes with
    /// the pack.</summary>
    private static bool IsToldItsBoundary(FetchCall call) => call is { Framing.ProtocolVersion: < 2, Request.Deepens: true };

    private async Task MakeAsync(Fill fill, FetchCall call, SettledAccess settled, StarterReply starter)
    {
        // 5 local
        SyncAsker asker = access.AskerOf(call, settled);
        IDisposable? elsewhere = null;
        try
        {
            starter.Outcome = FetchOutcome.Local;
            if (await local.TryMakeAsync(fill, new LocalCall(call.Repository, settled.Request, asker, call.Visibility)))
            {
                return;
            }
        }
        catch (PackTurnsFullException e)
        {
            // That is nobody's credential's fault: all who follow hear it.
            throw new FillFailedException(e.Message, inner: e) { RetryAfter = s_retryAfter };
        }
        catch (PackTurnLateException e)
        {
            elsewhere = local.TryGoElsewhere() ?? throw new FillFailedException(e.Message, inner: e) { RetryAfter = s_retryAfter };
        }

        // 6 forward
        using IDisposable? place = elsewhere;
        starter.Outcome = FetchOutcome.Forward;
        await ForwardAsync(fill, call, settled, asker, starter);
    }

    private async Task ForwardAsync(Fill fill, FetchCall call, SettledAccess settled, SyncAsker asker, StarterReply starter)
    {
        PrimaryReply reply;
        bool isOwn = settled.Request == call.Request,
            isKnownWhole = local.HasMirror(call.Repository),
            needsWitness = AnswerWitness.IsNeededFor(settled, isKnownWhole);
        fill.ExpectSource();
        try
        {
            // Where haves were left out, the answer is one to what is left.
            reply = isOwn
                ? await call.Primary.FetchAsync(fill.Stopping)
                : await call.Primary.SyncAsync(settled.Request, call.Framing, fill.Stopping);
        }
        catch (PrimaryException e)
        {
            starter.Give(e);
            throw e is PrimaryBusyException { ConcernsAll: true } busy
                ? new FillFailedException(busy.Message, inner: busy) { RetryAfter = busy.RetryAfter }
                : e;
        }

        bool given = false;
        try
        {
            fill.Hear();
            access.NoteAnswer(call, reply);
            FetchPrologue? prologue = reply.IsAnswer
                ? await PrimaryFill.ReadPrologueAsync(reply.Body, settled.Request, call.Framing, fill.Stopping)
                : null;
            if (prologue is null)
            {
                given = starter.TryGive(reply);
                throw new FillFailedException("the primary's reply holds no pack");
            }

            if (!settled.Request.Deepens && prologue.Shallow.Count > 0)
            {
                // The boundary is the primary's own, which moves without any ref.
                fill.KeepToStarter();
                needsWitness = false;
            }
            else if (needsWitness)
            {
                fill.HoldBack();
            }

            await FeedMirrorAsync(fill, call, asker);
            fill.Begin(prologue);
            await CopyAsync(fill, call, settled, reply, needsWitness && !call.Primary.AnswersOneAtATime, isKnownWhole);
        }
        finally
        {
            if (!given)
            {
                await reply.DisposeAsync();
            }
        }

        if (needsWitness && !fill.IsDecided)
        {
            // Now nothing of this fill is at the primary any more that may have been in the way.
            await _witness.LookAsync(fill, call, settled, isKnownWhole, fill.Stopping);
            if (!fill.IsDecided)
            {
                fill.KeepToStarter();
            }
        }
    }

    /// <summary>Moves the pack; where it is to be witnessed on the way, that is over when this ends.</summary>
    private async Task CopyAsync(Fill fill, FetchCall call, SettledAccess settled, PrimaryReply reply, bool isWitnessed, bool isKnownWhole)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(fill.Stopping);
        Task witness = isWitnessed ? _witness.LookAsync(fill, call, settled, isKnownWhole, over.Token) : Task.CompletedTask;
        try
        {
            await PrimaryFill.CopyPackAsync(reply.Body, call.Framing, fill, fill.Stopping);
        }
        catch
        {
            await over.CancelAsync();
            await witness.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await witness;
    }

    /// <summary>A full clone is kept, and no mirror: it was evicted or given up, or the node was killed while it was made. It is made of
    /// what is kept.</summary>
    private async ValueTask RemakeMirrorAsync(FetchCall call, SettledAccess settled, PackKey key, CancellationToken cancellationToken)
    {
        if (
            local.LacksMirror(call.Repository)
            && MirrorMaking.IsFullClone(call.Request)
            && making.MayRemake(call.Repository)
            && settled.View!.Shows(call.Request.Wants)
            && await packs.TryOpenAsync(key, cancellationToken) is { } reader
        )
        {
            await making.FollowAsync(call.Repository, call.Request, settled.View, reader);
        }
    }

    /// <summary>A repository without a mirror: a full clone becomes one; other misses are counted.</summary>
    private async ValueTask FeedMirrorAsync(Fill fill, FetchCall call, SyncAsker asker)
    {
        if (asker.IsRecorded || !local.LacksMirror(call.Repository))
        {
            return;
        }

        if (!MirrorMaking.IsFullClone(call.Request))
        {
            making.Miss(call.Repository, call.Request.ObjectFormat, asker, call.Credential.IsAnonymous);
        }
        else if (asker.View.Shows(call.Request.Wants) && fills.TryFollow(fill.Plan.Key) is { } reader)
        {
            await making.FollowAsync(call.Repository, call.Request, asker.View, reader);
        }
    }
}
