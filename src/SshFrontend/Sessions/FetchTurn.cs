using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.CacheStore.Packs;
using Waystation.FetchCore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Fetching;

namespace Waystation.SshFrontend.Sessions;

/// <summary>What became of one fetch of a session.</summary>
internal abstract record FetchTurnEnd
{
    private FetchTurnEnd() { }

    /// <summary>The client has its answer.</summary>
    /// <param name="IsPack">It was the pack, and not a round of negotiation.</param>
    public sealed record Served(bool IsPack) : FetchTurnEnd;

    /// <summary>The request is to go to the primary as it came.</summary>
    public sealed record Forward : FetchTurnEnd;

    /// <summary>The primary's own reply is to be handed on; the receiver disposes it.</summary>
    public sealed record Relay(PrimaryReply Reply) : FetchTurnEnd;

    /// <summary>The session is over.</summary>
    public sealed record Over(SessionEnd End) : FetchTurnEnd;
}

/// <summary>Takes one fetch to the core and writes its answer to the client.</summary>
internal sealed class FetchTurn(FetchService fetches, FetchMeters meters, TimeProvider time, ILogger logger)
{
    /// <summary>What requests may hold.</summary>
    public RequestMemory Memory => fetches.Memory;

    /// <summary>Serves the fetch, or says who must.</summary>
    /// <param name="call">The fetch.</param>
    /// <param name="client">Who gets it.</param>
    /// <param name="cancellationToken">The client's.</param>
    public async Task<FetchTurnEnd> TakeAsync(FetchCall call, ClientChannel client, CancellationToken cancellationToken) =>
        await AnswerAsync(call, await AskAsync(call, cancellationToken), client, cancellationToken);

    /// <summary>What the core answers, of which nothing is written yet.</summary>
    public Task<FetchAnswer> AskAsync(FetchCall call, CancellationToken cancellationToken) => fetches.FetchAsync(call, cancellationToken);

    /// <summary>Writes an answer, or says who must.</summary>
    /// <param name="call">The fetch.</param>
    /// <param name="answer">The answer, disposed here.</param>
    /// <param name="client">Who gets it.</param>
    /// <param name="cancellationToken">The client's.</param>
    public async Task<FetchTurnEnd> AnswerAsync(
        FetchCall call,
        FetchAnswer answer,
        ClientChannel client,
        CancellationToken cancellationToken
    )
    {
        switch (answer)
        {
            case FetchAnswer.Pack pack:
                await using (pack.Reader)
                {
                    return await SendAsync(call, pack, client, cancellationToken);
                }

            case FetchAnswer.Round round:
                new ResponseCodec(call.Request, call.Framing).WriteRound(client.Output, round.Prologue);
                await client.Output.FlushAsync(cancellationToken);
                meters.Fetched(FetchOutcome.Local, 0);
                return new FetchTurnEnd.Served(IsPack: false);
            case FetchAnswer.Busy busy:
                return new FetchTurnEnd.Over(EndOf(busy));
            case FetchAnswer.Relay relay:
                NoteBypass(call.Repository, call.Credential, ForwardReason.NoPack);
                return new FetchTurnEnd.Relay(relay.Reply);
            case FetchAnswer.Unreachable unreachable:
                return new FetchTurnEnd.Over(SessionEnd.Failed(unreachable.Cause));
            case FetchAnswer.Forward forward:
                NoteBypass(call.Repository, call.Credential, forward.Reason);
                return new FetchTurnEnd.Forward();
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>How a session ends that is to come again.</summary>
    public SessionEnd EndOf(FetchAnswer.Busy busy)
    {
        meters.Busy();
        return SessionEnd.Complaining(TroubleText.OfBusyNode(busy.RetryAfter));
    }

    /// <summary>Counts a fetch that goes to the primary.</summary>
    public void NoteBypass(UploadPackCall call, ForwardReason reason) => NoteBypass(call.Repository, call.Upstream.Credential, reason);

    private void NoteBypass(RepositoryName repository, Credential credential, ForwardReason reason)
    {
        meters.Bypassed(reason);
        logger.FetchBypassed(repository, reason, credential);
    }

    private async Task<FetchTurnEnd> SendAsync(
        FetchCall call,
        FetchAnswer.Pack answer,
        ClientChannel client,
        CancellationToken cancellationToken
    )
    {
        long sending = time.GetTimestamp();
        var body = new FetchAnswerBody(client.Output, answer.Reader, call.Request, call.Framing, time);
        try
        {
            await body.WriteAsync(ServedBy.Line(answer, time.GetUtcNow()), cancellationToken);
            return new FetchTurnEnd.Served(IsPack: true);
        }
        catch (FillFailedException e) when (e.SourceError is { } message && body.CanTellErrors)
        {
            logger.FetchBrokeOff(call.Repository, body.Bytes, message);
            await body.WriteErrorAsync(message, cancellationToken);
            return new FetchTurnEnd.Over(new SessionEnd(SessionEnd.Died, ""));
        }
        catch (Exception e) when (e is FillFailedException or PackDamagedException)
        {
            // What has left must not end as if it were whole: the stream ends here, and not well.
            logger.FetchBrokeOff(call.Repository, body.Bytes, e.Message);
            return new FetchTurnEnd.Over(SessionEnd.Saying("the pack broke off; try again"));
        }
        finally
        {
            meters.Fetched(answer.Outcome, body.Bytes);
            logger.FetchServed(
                call.Repository,
                answer.Outcome,
                call.Credential,
                body.Bytes,
                answer.Times.Access.TotalMilliseconds,
                answer.Times.Open.TotalMilliseconds,
                time.GetElapsedTime(sending).TotalMilliseconds
            );
        }
    }
}
