using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Packs.Storing;
using Waystation.FetchCore.Authorization;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Packs;

/// <summary>
/// Lets the primary make a pack, as a fill. A full clone becomes the mirror on its way. A response that depends on the primary's refs ends
/// only when <see cref="AnswerWitness"/> has checked them once more, so a client with a whole response can count on a hit.
/// </summary>
internal sealed class ForwardRung(FetchAuthorizer access, LocalRung local, FillTable fills, MirrorBootstrap bootstrap, TimeProvider time)
{
    private readonly AnswerWitness _witness = new(access, time);

    /// <summary>Copies the primary's response into the fill.</summary>
    public async Task<FillOutcome> MakeAsync(Fill fill, FetchCall call, FetchAuthorization settled)
    {
        PrimaryReply reply;
        fill.ExpectSource();
        try
        {
            // If haves were dropped, the primary gets the request without them.
            reply =
                settled.Request == call.Request
                    ? await call.Primary.FetchAsync(fill.Stopping)
                    : await call.Primary.SyncAsync(settled.Request, call.Framing, fill.Stopping);
        }
        catch (PrimaryBusyException e) when (e.ConcernsAll)
        {
            return new FillOutcome.Busy(e.RetryAfter, e);
        }
        catch (PrimaryException e)
        {
            return new FillOutcome.Unreachable(e);
        }

        fill.Hear();
        access.NoteAnswer(call, reply);
        FetchPrologue? prologue;
        try
        {
            prologue = reply.IsAnswer
                ? await PackResponse.ReadPrologueAsync(reply.Body, settled.Request, call.Framing, fill.Stopping)
                : null;
        }
        catch
        {
            await reply.DisposeAsync();
            throw;
        }

        return prologue is null ? new FillOutcome.NoPack(reply) : await TakeAsync(fill, call, settled, reply, prologue);
    }

    private async Task<FillOutcome> TakeAsync(
        Fill fill,
        FetchCall call,
        FetchAuthorization settled,
        PrimaryReply reply,
        FetchPrologue prologue
    )
    {
        bool isKnownWhole = local.HasMirror(call.Repository);
        Task LookAsync(CancellationToken cancellationToken) => _witness.LookAsync(fill, call, settled, isKnownWhole, cancellationToken);
        access.NoteHistory(call, settled.Request, prologue);
        bool isAskedLater;
        await using (reply)
        {
            if (!settled.Request.Deepens && prologue.Shallow.Count > 0)
            {
                // The boundary is the primary's own, which moves without any ref.
                fill.KeepToStarter();
            }
            else if (AnswerWitness.IsNeededFor(settled, isKnownWhole))
            {
                fill.HoldBack();
            }

            await FeedMirrorAsync(fill, call, access.AskerOf(call, settled));
            fill.Begin(prologue, FillSource.Primary);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(fill.Stopping);
            Task look = fill.IsDecided || call.Primary.AnswersOneAtATime ? Task.CompletedTask : LookAsync(over.Token);
            try
            {
                if (await PackResponse.CopyPackAsync(reply.Body, call.Framing, new FillSink(fill), fill.Stopping) is { } broken)
                {
                    return new FillOutcome.Broken(broken.Reason, broken.SourceError);
                }

                if (!fill.HasHeader)
                {
                    // No pack is so short, so there is nothing to check.
                    return await fill.CompleteAsync(fill.Stopping);
                }

                // A look that ended while the pack was under way may have seen only a passing state. A look that goes on is the last one.
                isAskedLater = look.IsCompleted;
                await look;
            }
            finally
            {
                await over.CancelAsync();
                await look.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        if (isAskedLater && !fill.IsDecided)
        {
            // Now no request of this fill is open at the primary that could have delayed the look.
            await LookAsync(fill.Stopping);
        }

        if (!fill.IsDecided)
        {
            fill.KeepToStarter();
        }

        return await fill.CompleteAsync(fill.Stopping);
    }

    /// <summary>A repository without a mirror: a full clone becomes one; other misses are counted.</summary>
    private async ValueTask FeedMirrorAsync(Fill fill, FetchCall call, SyncRequester asker)
    {
        if (asker.IsRecorded || !local.LacksMirror(call.Repository))
        {
            return;
        }

        if (!MirrorBootstrap.IsFullClone(call.Request))
        {
            bootstrap.Miss(call, asker, fill.IsOfStrangers);
        }
        else if (asker.View.Shows(call.Request.Wants) && fills.TryFollow(fill.Plan.Key) is { } reader)
        {
            await bootstrap.FollowAsync(call, asker.View, reader, fill.IsOfStrangers);
        }
    }
}
