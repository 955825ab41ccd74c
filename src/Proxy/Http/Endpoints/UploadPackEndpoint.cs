using System.Buffers;
using System.Diagnostics;
using Waystation.CacheStore.Packs;
using Waystation.CacheStore.Packs.Filling;
using Waystation.FetchCore;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Memory;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Packs;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol;
using Waystation.GitProtocol.Requests;
using Waystation.GitProtocol.Responses;
using Waystation.Primaries.Gate;
using Waystation.Primaries.Http;
using Waystation.Primaries.Http.Responses;
using Waystation.Proxy.Http.Forwarding;
using Waystation.Proxy.Http.Headers;
using Waystation.Proxy.Http.Requests;
using Waystation.Proxy.Http.Streams;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>
/// <c>POST …/git-upload-pack</c>. <c>ls-refs</c> is the primary's, read on the way; a fetch of any version becomes a
/// <see cref="FetchRequest"/> and from there knows no HTTP; whatever is not understood goes on as it came.
/// </summary>
internal sealed class UploadPackEndpoint(
    PassThrough passThrough,
    RefsRelay refs,
    FetchService fetches,
    RequestMemory memory,
    UpstreamFactory upstreams,
    AccessTickets tickets,
    FetchMeters meters,
    TimeProvider time,
    ILogger<UploadPackEndpoint> logger
)
{
    /// <summary>A request for a pack is small: whoever takes longer holds a connection for nothing.</summary>
    private static readonly TimeSpan s_bodyTimeout = TimeSpan.FromMinutes(1);

    /// <summary>To the letter: git's own server takes no other.</summary>
    private const string RequestType = "application/x-git-upload-pack-request";

    public async Task HandleAsync(ClientRequest request)
    {
        HttpContext context = request.Context;
        long begun = Stopwatch.GetTimestamp();
        if (context.Request.ContentType != RequestType)
        {
            await ForwardAsync(request, ForwardReason.Malformed, begun, default);
            return;
        }

        using FetchBody? body = await ReadAsync(context);
        if (body is null)
        {
            return;
        }

        (ParsedCommand? command, ForwardReason reason) = await ParseAsync(context.Request, body);
        TimeSpan parseTime = Stopwatch.GetElapsedTime(begun);
        context.Request.Body = body.ToStream(context.Request.BodyReader);
        switch (command)
        {
            case ParsedCommand.LsRefs lsRefs:
                await refs.HandleAsync(request, lsRefs.Request, body.Raw);
                break;
            case ParsedCommand.Fetch fetch:
                await FetchAsync(request, fetch, body, begun, parseTime);
                break;
            default:
                await ForwardAsync(request, reason, begun, default);
                break;
        }
    }

    /// <summary>Null where the client was told that it took too long.</summary>
    private async Task<FetchBody?> ReadAsync(HttpContext context)
    {
        using var slow = new CancellationTokenSource(s_bodyTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(slow.Token, context.RequestAborted);
        try
        {
            return await FetchBody.ReadAsync(context.Request.BodyReader, memory, either.Token);
        }
        catch (OperationCanceledException) when (slow.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            context.Response.StatusCode = StatusCodes.Status408RequestTimeout;
            if (HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                context.Response.Headers.Connection = "close";
            }

            return null;
        }
    }

    private static async Task<(ParsedCommand? Command, ForwardReason Reason)> ParseAsync(HttpRequest request, FetchBody body)
    {
        if (!body.IsWhole)
        {
            return (null, ForwardReason.TooLarge);
        }

        string coding = request.Headers.ContentEncoding.ToString();
        bool isGzip = coding is "gzip" or "x-gzip";
        if (!isGzip && coding is not ("" or "identity"))
        {
            return (null, ForwardReason.Coded);
        }

        ParsedCommand? command = null;
        ForwardReason reason = ForwardReason.Malformed;
        try
        {
            bool isRead = await body.TryParseAsync(
                isGzip,
                plain =>
                {
                    if (!isGzip || GzipMember.IsAlone(body.Raw))
                    {
                        (command, reason) = Parse(request, plain);
                    }
                    else
                    {
                        reason = ForwardReason.Coded;
                    }

                    return command is ParsedCommand.Fetch fetch ? RequestCost.Parsed(fetch.Request) : 0;
                },
                request.HttpContext.RequestAborted
            );
            return isRead ? (command, reason) : (null, isGzip ? ForwardReason.Coded : ForwardReason.TooLarge);
        }
        catch (GitProtocolException)
        {
            return (null, ForwardReason.Malformed);
        }
    }

    private static (ParsedCommand? Command, ForwardReason Reason) Parse(HttpRequest request, ReadOnlySequence<byte> bytes)
    {
        bool isV2 = CommandParser.LooksLikeV2(bytes);
        if (ClientRequest.VersionOf(request.Headers) is not { } said || isV2 != (said == 2))
        {
            // Only the primary knows what it makes of that.
            return (null, ForwardReason.Malformed);
        }

        ParsedCommand command = isV2 ? CommandParser.Parse(bytes) : FetchRequestV0Parser.Parse(bytes, said);
        return (command, command is ParsedCommand.Foreign foreign ? foreign.Reason.ToForwardReason() : default);
    }

    private async Task FetchAsync(ClientRequest request, ParsedCommand.Fetch fetch, FetchBody body, long begun, TimeSpan parseTime)
    {
        HttpContext context = request.Context;
        HttpPrimary primary = upstreams.Open(request.Asker(), body.Raw);
        var call = new FetchCall(request.Repository, request.Credential, fetch.Request, fetch.Framing, request.Primary.Visibility, primary);
        FetchAnswer answer = await fetches.FetchAsync(call, context.RequestAborted);
        switch (answer)
        {
            case FetchAnswer.Pack pack:
                await using (pack.Reader)
                {
                    await SendPackAsync(request, call, pack, parseTime);
                }

                break;
            case FetchAnswer.Round round:
                await SendRoundAsync(request, call, round, parseTime);
                break;
            case FetchAnswer.Busy busy:
                meters.Busy();
                await PassThrough.TellBusyAsync(context, TroubleText.OfBusyNode(busy.RetryAfter), busy.RetryAfter);
                break;
            case FetchAnswer.Relay { Reply: HttpPrimaryReply reply }:
                await using (reply)
                {
                    Note(request, ForwardReason.NoPack, parseTime, answer.Times);
                    await ReplyRelay.CopyAsync(context, request.Primary, reply, CacheStatus.Bypass(ForwardReason.NoPack));
                }

                break;
            case FetchAnswer.Unreachable unreachable:
                await passThrough.RefuseAsync(context, request.Primary, unreachable.Cause);
                break;
            case FetchAnswer.Forward forward:
                await ForwardAsync(request, forward.Reason, begun, answer.Times);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private async Task SendRoundAsync(ClientRequest request, FetchCall call, FetchAnswer.Round answer, TimeSpan parseTime)
    {
        HttpResponse response = request.Context.Response;
        PrepareAnswer(response, answer, FetchOutcome.Local, willKeep: false);
        new ResponseCodec(call.Request, call.Framing).WriteRound(response.BodyWriter, answer.Prologue);
        await response.BodyWriter.FlushAsync(request.Context.RequestAborted);
        meters.Fetched(FetchOutcome.Local, 0);
        logger.FetchServed(
            request.Repository,
            FetchOutcome.Local,
            request.Credential,
            0,
            parseTime.TotalMilliseconds,
            answer.Times.Access.TotalMilliseconds,
            answer.Times.Open.TotalMilliseconds,
            0
        );
    }

    private void PrepareAnswer(HttpResponse response, FetchAnswer answer, FetchOutcome outcome, bool willKeep)
    {
        response.ContentType = "application/x-git-upload-pack-result";
        response.Headers.CacheControl = AnswerHead.NotKept;
        response.Headers.Append("Via", AnswerHead.Via);
        response.Headers[CacheStatus.Name] = answer.Outage is null ? CacheStatus.Of(outcome, willKeep) : CacheStatus.Stale;
        if (answer.Outage is not null)
        {
            meters.AnsweredStale("fetch");
        }
    }

    private async Task SendPackAsync(ClientRequest request, FetchCall call, FetchAnswer.Pack answer, TimeSpan parseTime)
    {
        HttpContext context = request.Context;
        HttpResponse response = context.Response;
        long sending = Stopwatch.GetTimestamp();
        PrepareAnswer(response, answer, answer.Outcome, answer.WillKeep);
        await response.StartAsync(context.RequestAborted);
        var body = new FetchAnswerBody(response.BodyWriter, answer.Reader, call.Request, call.Framing, time);
        try
        {
            await body.WriteAsync(ServedBy.Line(answer, time.GetUtcNow()), context.RequestAborted);
        }
        catch (FillFailedException e) when (e.SourceError is { } message && body.CanTellErrors)
        {
            logger.FetchBrokeOff(request.Repository, body.Bytes, message);
            await body.WriteErrorAsync(message, context.RequestAborted);
        }
        catch (Exception e) when (e is FillFailedException or PackDamagedException)
        {
            // What has left must not end as if it were whole.
            logger.FetchBrokeOff(request.Repository, body.Bytes, e.Message);
            context.Abort();
        }
        finally
        {
            meters.Fetched(answer.Outcome, body.Bytes);
            logger.FetchServed(
                request.Repository,
                answer.Outcome,
                request.Credential,
                body.Bytes,
                parseTime.TotalMilliseconds,
                answer.Times.Access.TotalMilliseconds,
                answer.Times.Open.TotalMilliseconds,
                Stopwatch.GetElapsedTime(sending).TotalMilliseconds
            );
        }
    }

    private async Task ForwardAsync(ClientRequest request, ForwardReason reason, long begun, FetchTimes times)
    {
        Note(request, reason, Stopwatch.GetElapsedTime(begun) - times.Access - times.Open, times);
        ReadOnlyMemory<byte>? body = request.Context.Request.Body is MemoryStream whole ? whole.ToArray() : null;
        var read = new UpstreamRead(
            request.Repository,
            request.Credential,
            AsksForRefs: false,
            ClientHeaders.NameOf(request.Context.Request)
        )
        {
            IsRepeatable = body is not null,
        };
        bool wasPromised = tickets.FindCapabilities(request.Repository, request.Credential) is not null;
        var watch = new ReadWatch(new GatedUpstream(request.Primary.Http.Gate, read, body), request.Primary.Http, body, wasPromised);
        using var upstream = new HttpMessageInvoker(watch);
        await passThrough.SendAsync(
            request.Context,
            request.Primary,
            request.Git,
            upstream,
            CacheStatus.Bypass(reason),
            response =>
            {
                // Of what is not Git's, anybody may make the primary say that it is bad: only what it says of the asker counts.
                bool isGits = reason != ForwardReason.Malformed;
                if (isGits ? watch.Verdict is { IsRefusal: true } : HttpPrimaryReply.IsRefused(response))
                {
                    tickets.Refuse(request.Repository, request.Credential, tickets.Now);
                }
            }
        );
    }

    private void Note(ClientRequest request, ForwardReason reason, TimeSpan parseTime, FetchTimes times)
    {
        string word = reason.ToWord();
        meters.Bypassed(reason);
        logger.FetchBypassed(
            request.Repository,
            word,
            request.Credential,
            parseTime.TotalMilliseconds,
            times.Access.TotalMilliseconds,
            times.Open.TotalMilliseconds
        );
    }
}
