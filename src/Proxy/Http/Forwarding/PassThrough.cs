using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Waystation.CacheStore;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.Primaries;
using Waystation.Primaries.Http.Responses;
using Waystation.Proxy.Http.Headers;
using Waystation.Proxy.Http.Requests;
using Waystation.Proxy.Telemetry;
using Yarp.ReverseProxy.Forwarder;

namespace Waystation.Proxy.Http.Forwarding;

/// <summary>
/// Forwards requests and responses unchanged. It streams in both directions, without a limit on size or time that would cut a long push. It
/// sends a client's request once, and ends it at the primary when the client leaves.
/// </summary>
internal sealed class PassThrough(IHttpForwarder forwarder, FetchMeters meters, ILogger<PassThrough> logger)
{
    private static readonly ForwarderRequestConfig s_config = new()
    {
        Version = System.Net.HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        // A hook at the primary may run for an hour without a byte in either direction; TCP keepalive watches the connection.
        ActivityTimeout = TimeSpan.FromDays(7),
    };

    /// <summary>Forwards the request, and sends the response back.</summary>
    /// <param name="context">The client's request; its body may have been replaced by a copy of the bytes that were read.</param>
    /// <param name="primary">The primary.</param>
    /// <param name="git">The parsed request line.</param>
    /// <param name="invoker">The connections.</param>
    /// <param name="cacheStatus">The value of Cache-Status; null for none.</param>
    /// <param name="onResponse">Sees the head of the response before its body moves, and may put itself before the client's stream.</param>
    /// <returns>The failure, if there was one. The client got a message, if the response had not begun.</returns>
    public async Task<ForwarderError> SendAsync(
        HttpContext context,
        Primary primary,
        GitRequest git,
        HttpMessageInvoker invoker,
        string? cacheStatus = null,
        Action<HttpResponseMessage>? onResponse = null
    )
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        string kind = git.Service switch
        {
            GitService.InfoRefs => "info-refs",
            GitService.UploadPack => "upload-pack",
            GitService.ReceivePack => "receive-pack",
            _ => "other",
        };
        meters.Upstream(kind);
        using Activity? span = Spans.BeginUpstream(kind);
        var transformer = new PrimaryTransformer(primary, git, cacheStatus, onResponse);
        ForwarderError error = await forwarder.SendAsync(context, primary.Http.Prefix, invoker, s_config, transformer);
        span?.SetTag("http.response.status_code", context.Response.StatusCode);
        if (error != ForwarderError.None && !context.RequestAborted.IsCancellationRequested)
        {
            await RefuseAsync(
                context,
                primary,
                context.Features.Get<IForwarderErrorFeature>()?.Exception ?? new PrimaryException(error.ToString())
            );
        }

        return error;
    }

    /// <summary>Says that the primary could not be asked, if the response has not begun.</summary>
    public async Task RefuseAsync(HttpContext context, Primary primary, Exception failure)
    {
        logger.PrimaryFailed(context.Request.Method, context.Request.Path, failure.Message);
        if (context.Response.HasStarted)
        {
            return;
        }

        HttpResponse response = context.Response;
        string text = TroubleText.Of(primary.Authority, failure);
        switch (failure)
        {
            case PrimaryBusyException busy:
                await TellBusyAsync(context, text, busy.RetryAfter);
                return;
            case AnsweredOutageException answered:
                await RelayAsync(context, primary, answered.Answer);
                return;
            case PrimaryOutageException { Status: { } status }:
                response.StatusCode = status;
                break;
            case PrimaryException:
                response.StatusCode = StatusCodes.Status502BadGateway;
                break;
            default:
                response.StatusCode = response.StatusCode is >= 400 and < 600 ? response.StatusCode : StatusCodes.Status502BadGateway;
                break;
        }

        await WriteAsync(context, text);
    }

    /// <summary>Tells a client to come again later (429).</summary>
    public static Task TellBusyAsync(HttpContext context, string text, TimeSpan retryAfter)
    {
        context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        context.Response.Headers.RetryAfter = TroubleText.Seconds(retryAfter);
        return WriteAsync(context, text);
    }

    /// <summary>git shows its user an error that the primary wrote as text.</summary>
    private static async Task RelayAsync(HttpContext context, Primary primary, HttpResponseMessage answer)
    {
        AnswerHead.Of(answer).Write(context, primary, cacheStatus: null);
        byte[] body = await answer.Content.ReadAsByteArrayAsync(context.RequestAborted);
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static Task WriteAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }
}
