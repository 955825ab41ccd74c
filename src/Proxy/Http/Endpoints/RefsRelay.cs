using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.FetchCore.Refs;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Requests;
using Waystation.Primaries.Http;
using Waystation.Primaries.Http.Responses;
using Waystation.Proxy.Http.Forwarding;
using Waystation.Proxy.Http.Headers;
using Waystation.Proxy.Http.Requests;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>Questions for refs over HTTP: <see cref="RefsService"/> answers them; this adds status and header fields.</summary>
internal sealed class RefsRelay(
    RefsService refs,
    ChallengeReplay challenges,
    PassThrough passThrough,
    ClientIdentity identity,
    UpstreamFactory upstreams,
    ILogger<RefsRelay> logger
)
{
    private const string AdvertisementType = "application/x-git-upload-pack-advertisement";
    private const string ResultType = "application/x-git-upload-pack-result";

    /// <summary>Asks for the client and gives it the answer.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="asked">Its <c>ls-refs</c>; null for the advertisement.</param>
    /// <param name="body">Its body unchanged; empty for the advertisement.</param>
    public async Task HandleAsync(ClientRequest request, LsRefsRequest? asked, ReadOnlyMemory<byte> body)
    {
        HttpContext context = request.Context;
        HttpAsker asker = request.Asker();
        var query = new RefsQuery
        {
            Key = identity.KeyOf(request, asker.Headers, body.Span),
            Primary = upstreams.Open(asker, body),
            LsRefs = asked,
            ProtocolVersion = request.ProtocolVersion,
        };
        try
        {
            using RefsAnswer answer = await refs.AskAsync(query, context.RequestAborted);
            await WriteAsync(request, answer, asked is null ? AdvertisementType : ResultType);
        }
        catch (IOException e) when (!context.RequestAborted.IsCancellationRequested)
        {
            await FailAsync(request, query, e);
        }
    }

    private static async Task WriteAsync(ClientRequest request, RefsAnswer answer, string type)
    {
        HttpContext context = request.Context;
        HttpResponse response = context.Response;
        switch (answer)
        {
            case RefsAnswer.Streamed { Reply: HttpPrimaryReply reply }:
                AnswerHead.Of(reply.Response).Write(context, request.Primary, CacheStatus.Bypass(ForwardReason.NotAFetch));
                break;
            case RefsAnswer.Recorded recorded:
                AnswerHead.Own(type).Write(context, request.Primary, CacheStatus.Stale);
                if (recorded.Advertises < 2)
                {
                    InfoRefsWriter.WriteServiceLine(response.BodyWriter);
                }

                break;
            default:
                AnswerHead.Own(type).Write(context, request.Primary, CacheStatus.Bypass(ForwardReason.NotAFetch));
                break;
        }

        await answer.Body.CopyToAsync(response.BodyWriter, context.RequestAborted);
    }

    private async Task FailAsync(ClientRequest request, RefsQuery query, IOException failure)
    {
        HttpContext context = request.Context;
        if (context.Response.HasStarted)
        {
            // What has left must not end as if it were whole.
            logger.PrimaryFailed(context.Request.Method, context.Request.Path, failure.Message);
            context.Abort();
            return;
        }

        if ((failure is PrimaryBusyException || RefsService.IsOutage(query, failure)) && await challenges.TryTellAsync(request))
        {
            return;
        }

        await passThrough.RefuseAsync(context, request.Primary, failure);
    }
}
