using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Observing;
using Waystation.Primaries.Http;
using Waystation.Proxy.Http.Forwarding;
using Waystation.Proxy.Http.Headers;
using Waystation.Proxy.Http.Requests;
using Waystation.Proxy.Http.Streams;
using Yarp.ReverseProxy.Forwarder;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>
/// Forwards the requests that the node does not read: those for a repository that the operator has not selected or whose path is malformed,
/// and the questions whether a client may push. A fetch is recorded; the first bytes that pass show that it is one.
/// </summary>
internal sealed class UnreadForwarder(PassThrough passThrough, FetchObserver observer, AccessTickets tickets)
{
    /// <summary>Sends the request on, and its response back.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="reason">Why the node does not read it.</param>
    public async Task ForwardAsync(ClientRequest request, ForwardReason reason)
    {
        HttpContext context = request.Context;
        // The name of a malformed path is no name of a repository: nothing is remembered under it.
        Action<HttpResponseMessage>? note = reason == ForwardReason.Malformed ? null : response => request.NoteRefusal(response, tickets);
        switch (request.Git.Service)
        {
            case GitService.UploadPack:
                await ForwardCommandAsync(request, reason, note);
                break;
            case GitService.ReceivePack when note is not null && HttpMethods.IsGet(context.Request.Method):
                // A question whether a client may push must not wait in vain; a push itself may take as long as it needs.
                using (var watched = new HttpMessageInvoker(new GatedUpstream(request.Primary.Http.Gate, read: null)))
                {
                    await passThrough.SendAsync(context, request.Primary, request.Git, watched, cacheStatus: null, note);
                }

                break;
            default:
                string? status = request.Git.Service == GitService.InfoRefs ? CacheStatus.Bypass(reason) : null;
                await passThrough.SendAsync(context, request.Primary, request.Git, request.Primary.Http.Invoker, status, note);
                break;
        }
    }

    private async Task ForwardCommandAsync(ClientRequest request, ForwardReason reason, Action<HttpResponseMessage>? note)
    {
        HttpContext context = request.Context;
        long begun = observer.Now;
        var start = new BodyStart(context.Request.Body, context.Request.Headers.ContentEncoding.ToString() is "gzip" or "x-gzip");
        context.Request.Body = start;
        ObservedFetch? observed = null;
        bool isRefused = false;
        try
        {
            ForwarderError error = await passThrough.SendAsync(
                context,
                request.Primary,
                request.Git,
                request.Primary.Http.Invoker,
                CacheStatus.Bypass(reason),
                response =>
                {
                    note?.Invoke(response);
                    observed = Observe(request, reason, begun, start);
                    isRefused = !response.IsSuccessStatusCode;
                    context.Response.Body = new ObservedStream(context.Response.Body) { Fetch = observed };
                }
            );
            observed ??= error == ForwarderError.None ? null : Observe(request, reason, begun, start);
            observed?.Ended(error, isRefused, context);
        }
        finally
        {
            observed?.Dispose();
        }
    }

    private ObservedFetch? Observe(ClientRequest request, ForwardReason reason, long begun, BodyStart start)
    {
        if (start.IsLsRefs)
        {
            return null;
        }

        ObservedFetch observed = observer.Begin(
            ClientRequest.Door,
            request.Repository,
            request.Credential,
            begun,
            request.Context.RequestAborted,
            ClientHeaders.AddressOf(request.Context)
        );
        observed.Asked(request.ProtocolVersion, request: null);
        observed.Bypassed(reason);
        return observed;
    }
}
