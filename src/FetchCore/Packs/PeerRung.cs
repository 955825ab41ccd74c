using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Packs.Storing;
using Waystation.FetchCore.Authorization;
using Waystation.FetchCore.Mirroring;
using Waystation.FetchCore.Peers;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;

namespace Waystation.FetchCore.Packs;

/// <summary>
/// Takes a pack from another node, as a fill. Clients read none of it until it is whole: if the other node dies, the next rung makes the
/// pack, and no response ends early.
/// </summary>
internal sealed class PeerRung(IPeers peers, LocalRung local, FillTable fills, MirrorBootstrap bootstrap)
{
    /// <summary>Asks the node that keeps the mirror; null if another rung must make the pack.</summary>
    public async Task<FillOutcome?> AskKeeperAsync(Fill fill, FetchCall call, FetchAuthorization settled) =>
        call.From is null && QuestionOf(fill, call, settled) is { } question && !peers.Keeps(call.Repository)
            ? await TakeAsync(fill, call, settled, question, await peers.AskKeeperAsync(question, fill.Stopping))
            : null;

    /// <summary>Asks nodes that may have kept the mirror before; null if none has the pack.</summary>
    public async Task<FillOutcome?> AskHoldersAsync(Fill fill, FetchCall call, FetchAuthorization settled) =>
        peers.Keeps(call.Repository) && QuestionOf(fill, call, settled) is { } question
            ? await TakeAsync(fill, call, settled, question, await peers.AskHoldersAsync(question, fill.Stopping))
            : null;

    private static PeerQuestion? QuestionOf(Fill fill, FetchCall call, FetchAuthorization settled) =>
        (settled.View ?? settled.Shown) is { } view
            ? new PeerQuestion(call.Repository, call.Credential, settled.Request, call.Framing, call.Visibility, view, call.Primary)
            {
                IsRecorded = settled.RecordedFor is not null,
                From = call.From,
                IsOfStranger = fill.IsOfStrangers,
            }
            : null;

    private async Task<FillOutcome?> TakeAsync(
        Fill fill,
        FetchCall call,
        FetchAuthorization settled,
        PeerQuestion question,
        PeerAnswer? answer
    )
    {
        if (answer is null)
        {
            return null;
        }

        await using PrimaryReply reply = answer.Reply;
        try
        {
            FetchRequest request = question.Request;
            (bool isPack, FetchPrologue? prologue) = await PackResponse.ReadStartAsync(
                reply.Body,
                request,
                ResponseFraming.V2,
                fill.Stopping
            );
            if (prologue is null)
            {
                return null;
            }

            if (!isPack)
            {
                return new FillOutcome.Round(prologue);
            }

            call.Observed.ServedByPeer(answer.Peer);
            fill.HoldUntilWhole();
            await FeedMirrorAsync(fill, call, settled);
            fill.Begin(prologue, FillSource.Peer);
            return await PackResponse.CopyPackAsync(reply.Body, ResponseFraming.V2, new FillSink(fill), fill.Stopping) is { } broken
                ? new FillOutcome.Broken(broken.Reason, broken.SourceError)
                : await fill.CompleteAsync(fill.Stopping);
        }
        catch (IOException e)
        {
            return fill.HasBegun ? new FillOutcome.Broken(e.Message) : null;
        }
    }

    /// <summary>A node that has become the keeper makes its mirror from the pack that another one had.</summary>
    private async ValueTask FeedMirrorAsync(Fill fill, FetchCall call, FetchAuthorization settled)
    {
        if (
            settled is { View: { } view, RecordedFor: null }
            && local.LacksMirror(call.Repository)
            && MirrorBootstrap.IsFullClone(call.Request)
            && view.Shows(call.Request.Wants)
            && fills.TryFollow(fill.Plan.Key) is { } reader
        )
        {
            await bootstrap.FollowAsync(call, view, reader, fill.IsOfStrangers);
        }
    }
}
