using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Filling;
using Waystation.FetchCore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Responses;
using Waystation.SshFrontend.Channels;

namespace Waystation.SshFrontend.Sessions;

/// <summary>What became of one fetch of a session.</summary>
internal abstract record FetchResponseEnd
{
    private FetchResponseEnd() { }

    /// <summary>The client has its answer.</summary>
    /// <param name="IsPack">It was the pack, and not a round of negotiation.</param>
    public sealed record Served(bool IsPack) : FetchResponseEnd;

    /// <summary>The request is to go to the primary as it came.</summary>
    public sealed record Forward : FetchResponseEnd;

    /// <summary>The primary's own reply is to be handed on; the receiver disposes it.</summary>
    public sealed record Relay(PrimaryReply Reply) : FetchResponseEnd;

    /// <summary>The session is over.</summary>
    public sealed record Over(SessionEnd End) : FetchResponseEnd;
}

/// <summary>Takes one fetch to the core and writes its answer to the client.</summary>
internal sealed class SshFetchResponder(FetchService fetches, FetchMeters meters, TimeProvider time, ILogger logger)
{
    /// <summary>What requests may hold.</summary>
    public RequestMemory Memory => fetches.Memory;

    /// <summary>Serves the fetch, or says who must.</summary>
    /// <param name="call">The fetch.</param>
    /// <param name="client">Who gets it.</param>
    /// <param name="cancellationToken">The client's.</param>
    public async Task<FetchResponseEnd> RespondAsync(FetchCall call, ClientChannel client, CancellationToken cancellationToken) =>
        await AnswerAsync(call, await AskAsync(call, cancellationToken), client, cancellationToken);

    /// <summary>What the core answers, of which nothing is written yet.</summary>
    public Task<FetchAnswer> AskAsync(FetchCall call, CancellationToken cancellationToken) => fetches.FetchAsync(call, cancellationToken);

    /// <summary>Writes an answer, or says who must.</summary>
    /// <param name="call">The fetch.</param>
    /// <param name="answer">The answer, disposed here.</param>
    /// <param name="client">Who gets it.</param>
    /// <param name="cancellationToken">The client's.</param>
    public async Task<FetchResponseEnd> AnswerAsync(
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
                return new FetchResponseEnd.Served(IsPack: false);
            case FetchAnswer.Busy busy:
                return new FetchResponseEnd.Over(EndOf(busy));
            case FetchAnswer.Relay relay:
                NoteBypass(call.Repository, call.Credential, ForwardReason.NoPack);
                return new FetchResponseEnd.Relay(relay.Reply);
            case FetchAnswer.Unreachable unreachable:
                return new FetchResponseEnd.Over(SessionEnd.Failed(unreachable.Cause));
            case FetchAnswer.Forward forward:
                NoteBypass(call.Repository, call.Credential, forward.Reason);
                return new FetchResponseEnd.Forward();
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

    private async Task<FetchResponseEnd> SendAsync(
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
            return new FetchResponseEnd.Served(IsPack: true);
        }
        catch (FillFailedException e) when (e.SourceError is { } message && body.CanTellErrors)
        {
            logger.FetchBrokeOff(call.Repository, body.Bytes, message);
            await body.WriteErrorAsync(message, cancellationToken);
            return new FetchResponseEnd.Over(new SessionEnd(SessionEnd.Died, ""));
        }
        catch (Exception e) when (e is FillFailedException or PackDamagedException)
        {
            // What has left must not end as if it were whole: the stream ends here, and not well.
            logger.FetchBrokeOff(call.Repository, body.Bytes, e.Message);
            return new FetchResponseEnd.Over(SessionEnd.Saying("the pack broke off; try again"));
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
