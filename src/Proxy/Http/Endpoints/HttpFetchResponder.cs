using System.Diagnostics;
using Waystation.FetchCore;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Requests;
using Waystation.Primaries.Http;
using Waystation.Primaries.Http.Responses;
using Waystation.Proxy.Http.Forwarding;
using Waystation.Proxy.Http.Headers;
using Waystation.Proxy.Http.Requests;
using Waystation.Proxy.Http.Streams;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>Takes one fetch to the core, and writes the answer with status and header fields.</summary>
internal sealed class HttpFetchResponder(
    FetchResponder responder,
    FetchForwarder forwarder,
    PassThrough passThrough,
    UpstreamFactory upstreams
)
{
    /// <summary>Answers the fetch.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="fetch">The parsed request.</param>
    /// <param name="body">Its body, unchanged.</param>
    /// <param name="observed">The fetch, for its record.</param>
    public async Task RespondAsync(ClientRequest request, ParsedCommand.Fetch fetch, FetchBody body, ObservedFetch observed)
    {
        HttpContext context = request.Context;
        HttpPrimary primary = upstreams.Open(request.Asker(), body.Raw);
        var call = new FetchCall(
            request.Repository,
            request.Credential,
            fetch.Request,
            fetch.Framing,
            request.Primary.Visibility,
            primary,
            observed
        );
        FetchAnswer answer = await responder.AskAsync(call, context.RequestAborted);
        switch (answer)
        {
            case FetchAnswer.Pack pack:
                await using (pack.Reader)
                {
                    await SendAsync(context, call, pack);
                }

                break;
            case FetchAnswer.Round round:
                PrepareAnswer(context.Response, round, FetchOutcome.Local, willKeep: false);
                await FetchResponder.SendRoundAsync(call, round, context.Response.BodyWriter, context.RequestAborted);
                break;
            case FetchAnswer.Busy busy:
                await PassThrough.TellBusyAsync(context, TroubleText.OfBusyNode(busy.RetryAfter), busy.RetryAfter);
                break;
            case FetchAnswer.Relay { Reply: HttpPrimaryReply reply }:
                await using (reply)
                {
                    await RelayAsync(request, reply, observed);
                }

                break;
            case FetchAnswer.Unreachable unreachable:
                await passThrough.RefuseAsync(context, request.Primary, unreachable.Cause);
                break;
            case FetchAnswer.Forward forward:
                await forwarder.ForwardAsync(request, forward.Reason, body, observed);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private async Task SendAsync(HttpContext context, FetchCall call, FetchAnswer.Pack answer)
    {
        HttpResponse response = context.Response;
        PrepareAnswer(response, answer, answer.Outcome, answer.WillKeep);
        await response.StartAsync(context.RequestAborted);
        if (await responder.SendAsync(call, answer, response.BodyWriter, context.RequestAborted) is FetchEnd.Broken or FetchEnd.ClientGone)
        {
            // The bytes that have left must not end as if they were whole.
            context.Abort();
        }
    }

    /// <summary>Hands on, whole, a reply that was looked at and not consumed.</summary>
    private static async Task RelayAsync(ClientRequest request, HttpPrimaryReply reply, ObservedFetch observed)
    {
        HttpContext context = request.Context;
        AnswerHead.Of(reply.Response).Write(context, request.Primary, CacheStatus.Bypass(ForwardReason.NoPack));
        await using var client = new ObservedStream(context.Response.Body) { Fetch = observed };
        await reply.Body.CopyToAsync(client, context.RequestAborted);
        observed.Ended(reply.IsAnswer ? FetchEnd.Whole : FetchEnd.Refused);
    }

    private static void PrepareAnswer(HttpResponse response, FetchAnswer answer, FetchOutcome outcome, bool willKeep)
    {
        response.ContentType = "application/x-git-upload-pack-result";
        response.Headers.CacheControl = AnswerHead.NotKept;
        response.Headers.Append("Via", AnswerHead.Via);
        response.Headers[CacheStatus.Name] = answer.Outage is null ? CacheStatus.Of(outcome, willKeep) : CacheStatus.Stale;
    }
}
