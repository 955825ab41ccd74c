using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Observing;
using Waystation.Primaries.Gate;
using Waystation.Primaries.Http;
using Waystation.Primaries.Http.Responses;
using Waystation.Proxy.Http.Forwarding;
using Waystation.Proxy.Http.Headers;
using Waystation.Proxy.Http.Requests;
using Waystation.Proxy.Http.Streams;
using Yarp.ReverseProxy.Forwarder;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>Forwards a fetch unchanged, and reads in the response whether the primary accepts the credential.</summary>
internal sealed class FetchForwarder(PassThrough passThrough, AccessTickets tickets)
{
    /// <summary>Sends the request on, and its answer back.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="reason">Why it is forwarded.</param>
    /// <param name="body">The bytes of its body that were read; null if none were.</param>
    /// <param name="observed">The fetch, for its record.</param>
    public async Task ForwardAsync(ClientRequest request, ForwardReason reason, FetchBody? body, ObservedFetch observed)
    {
        observed.Bypassed(reason);
        HttpContext context = request.Context;
        if (body is not null)
        {
            context.Request.Body = body.ToStream(context.Request.BodyReader);
        }

        // Not by "? :", in which null would become an empty body.
        ReadOnlyMemory<byte>? whole = null;
        if (body is { IsWhole: true })
        {
            whole = body.Raw;
        }

        var read = new UpstreamRead(request.Repository, request.Credential, AsksForRefs: false, ClientHeaders.NameOf(context.Request))
        {
            IsRepeatable = whole is not null,
        };
        bool wasPromised = tickets.FindCapabilities(request.Repository, request.Credential) is not null;
        var watch = new ReadWatch(new GatedUpstream(request.Primary.Http.Gate, read, whole), request.Primary.Http, whole, wasPromised);
        using var upstream = new HttpMessageInvoker(watch);
        bool isRefused = false;
        ForwarderError error = await passThrough.SendAsync(
            context,
            request.Primary,
            request.Git,
            upstream,
            CacheStatus.Bypass(reason),
            response =>
            {
                // Any client can cause a response that is not Git's. Only a response about the credential counts.
                bool isGits = reason != ForwardReason.Malformed;
                if (isGits ? watch.Verdict is { IsRefusal: true } : HttpPrimaryReply.IsRefused(response))
                {
                    tickets.Refuse(request.Repository, request.Credential);
                    isRefused = true;
                }

                isRefused |= !response.IsSuccessStatusCode;
                context.Response.Body = new ObservedStream(context.Response.Body) { Fetch = observed };
            }
        );
        observed.Ended(error, isRefused, context);
    }
}
