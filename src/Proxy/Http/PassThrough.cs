using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Waystation.Proxy.Primaries;
using Yarp.ReverseProxy.Forwarder;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Http;

/// <summary>
/// Everything that goes to the primary and back untouched: streamed both ways, without a limit on size or time that
/// would cut a long push; what a client sends is sent once, and its leaving reaches the primary.
/// </summary>
internal sealed class PassThrough(IHttpForwarder forwarder, ProxyMeters meters, ILogger<PassThrough> logger)
{
    private static readonly ForwarderRequestConfig s_config = new()
    {
        Version = System.Net.HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        // A hook at the primary may think for an hour without a byte either way; TCP keepalive watches the connection.
        ActivityTimeout = TimeSpan.FromDays(7),
    };

    /// <summary>Sends the request on, and its answer back.</summary>
    /// <param name="context">The client's request; its body may have been replaced by what was read of it.</param>
    /// <param name="primary">To whom.</param>
    /// <param name="git">What the request line says.</param>
    /// <param name="invoker">Over which connections.</param>
    /// <param name="cacheStatus">How it is served, where that is to be said.</param>
    /// <param name="onResponse">Sees the head of the answer before its body moves, and may put itself before the client's stream.</param>
    public async Task SendAsync(
        HttpContext context, Primary primary, GitRequest git, HttpMessageInvoker invoker, string? cacheStatus = null, Action<HttpResponseMessage>? onResponse = null)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        meters.Upstream(git.Service switch
        {
            GitService.InfoRefs => "info-refs",
            GitService.UploadPack => "upload-pack",
            GitService.ReceivePack => "receive-pack",
            _ => "other",
        });
        var transformer = new PrimaryTransformer(primary, git, cacheStatus, onResponse);
        ForwarderError error = await forwarder.SendAsync(context, primary.Prefix, invoker, s_config, transformer);
        if (error != ForwarderError.None && !context.RequestAborted.IsCancellationRequested)
        {
            string reason = context.Features.Get<IForwarderErrorFeature>()?.Exception?.Message ?? error.ToString();
            await RefuseAsync(context, primary, reason);
        }
    }

    /// <summary>Says that the primary could not be asked, where nothing was said yet.</summary>
    public async Task RefuseAsync(HttpContext context, Primary primary, string reason)
    {
        logger.PrimaryFailed(context.Request.Method, context.Request.Path, reason);
        if (!context.Response.HasStarted)
        {
            if (context.Response.StatusCode is < 400 or >= 600)
            {
                context.Response.StatusCode = (int)HttpStatusCode.BadGateway;
            }

            context.Response.ContentType = "text/plain; charset=utf-8";
            await context.Response.WriteAsync($"waystation: {primary.Authority} could not be asked: {reason}\n", context.RequestAborted);
        }
    }
}
