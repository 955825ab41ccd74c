using Waystation.CacheStore.Packs;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Fetching;

namespace Waystation.FetchCore;

/// <summary>
/// The ladder that every fetch climbs, whichever front end it came through.
/// <code>
///   1 access    a live ticket, or the primary is asked with this credential; every want must have been shown to it
///   2 key       what changes the answer, and nothing else
///   3 hit       the pack cache has it
///   4 join      somebody's fill of it is under way: follow
///   5 forward   the primary makes it, as a fill that others may follow
/// </code>
/// Whatever cannot be settled here is handed to the primary: it costs time and never correctness. It writes nothing to
/// anybody; it returns what is to be written.
/// </summary>
public sealed class FetchService(
    AccessDesk access, IPackTier packs, FillTable fills, Admission admission, TimeProvider time)
{
    /// <summary>Followers whose starter fails begin anew; after so many others failed, each goes its own way.</summary>
    private const int MaxAttempts = 4;

    /// <summary>Answers one fetch.</summary>
    /// <param name="call">The fetch.</param>
    /// <param name="cancellationToken">The client's: it ends this client's waiting, never a fill that others follow.</param>
    public async Task<FetchAnswer> FetchAsync(FetchCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        long begun = time.GetTimestamp();

        // 1 access
        (AccessView? view, ForwardReason refused) = await access.SettleAsync(call, cancellationToken);
        TimeSpan accessTime = time.GetElapsedTime(begun);
        if (view is null)
        {
            return new FetchAnswer.Forward(refused) { Times = new FetchTimes(accessTime, TimeSpan.Zero) };
        }

        // 2 key
        byte[]? tags = call.Request.IncludeTag ? view.TagsDigest() : [];
        FetchAnswer answer = tags is null
            ? new FetchAnswer.Forward(ForwardReason.TagsUnknown)
            : await ClimbAsync(call, PackKey.Of(call.Repository, call.Request, tags), cancellationToken);
        return answer with { Times = new FetchTimes(accessTime, time.GetElapsedTime(begun) - accessTime) };
    }

    private async Task<FetchAnswer> ClimbAsync(FetchCall call, PackKey key, CancellationToken cancellationToken)
    {
        admission.Ask(key);
        var plan = new FillPlan(key, call.Repository, call.Request.ObjectFormat, KeepAtOnce: call.Request.IsClone);
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            // 3 hit
            if (await packs.TryOpenAsync(key, cancellationToken) is { } stored)
            {
                return new FetchAnswer.Pack(stored, FetchOutcome.Hit, WillKeep: true);
            }

            if (await JoinOrBeginAsync(call, plan, cancellationToken) is { } answer)
            {
                return answer;
            }
        }

        return new FetchAnswer.Forward(ForwardReason.Contended);
    }

    /// <summary>Null where the fill ended before it began, through no doing of this call: look again from the top.</summary>
    private async Task<FetchAnswer?> JoinOrBeginAsync(FetchCall call, FillPlan plan, CancellationToken cancellationToken)
    {
        var starter = new StarterReply();
        FillReader reader = fills.JoinOrBegin(plan, fill => MakeAsync(fill, call, starter), out bool began);
        bool handedOut = false;
        try
        {
            await reader.BeginAsync(cancellationToken);
            handedOut = true;
            FetchOutcome outcome = began ? FetchOutcome.Forward : reader.JoinedWhole ? FetchOutcome.Hit : FetchOutcome.Join;
            return new FetchAnswer.Pack(reader, outcome, plan.KeepAtOnce || admission.WasAskedAgain(plan.Key));
        }
        catch (FillFailedException)
        {
            return starter.Take() is { } reply ? new FetchAnswer.Relay(reply)
                : starter.Failure is { } failure ? new FetchAnswer.Unreachable(failure)
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

    // 5 forward
    private async Task MakeAsync(Fill fill, FetchCall call, StarterReply starter)
    {
        PrimaryReply reply;
        try
        {
            reply = await call.Primary.FetchAsync(fill.Stopping);
        }
        catch (PrimaryException e)
        {
            starter.Give(e);
            throw;
        }

        bool given = false;
        try
        {
            access.NoteRefusal(call, reply);
            FetchPrologue? prologue = reply.IsAnswer
                ? await PrimaryFill.ReadPrologueAsync(reply.Body, call.Request, fill.Stopping)
                : null;
            if (prologue is null)
            {
                given = starter.TryGive(reply);
                throw new FillFailedException("the primary's reply holds no pack");
            }

            fill.Begin(prologue);
            await PrimaryFill.CopyPackAsync(reply.Body, fill, fill.Stopping);
        }
        finally
        {
            if (!given)
            {
                await reply.DisposeAsync();
            }
        }
    }
}
