using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Pushes;
using Waystation.Primaries.Http;
using Waystation.Primaries.Http.Responses;
using Waystation.Proxy.Http.Forwarding;
using Waystation.Proxy.Http.Requests;
using Waystation.Proxy.Http.Streams;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>
/// <c>POST …/git-receive-pack</c>: forwarded unchanged in both directions. The push is copied as it passes, so that the mirror gets it once
/// the primary reports that it accepted it.
/// </summary>
internal sealed class ReceivePackEndpoint(PassThrough passThrough, PushIngest pushes, UpstreamFactory upstreams, AccessTickets tickets)
{
    /// <summary>Whether this is the half of a push that has the objects.</summary>
    public static bool IsPush(HttpRequest request, GitRequest git) =>
        git.Service == GitService.ReceivePack
        && HttpMethods.IsPost(request.Method)
        && request.ContentType is { } type
        && type.StartsWith("application/x-git-receive-pack-request", StringComparison.OrdinalIgnoreCase);

    public async Task HandleAsync(ClientRequest request)
    {
        HttpContext context = request.Context;
        await using PushWatch? push = Watch(request);
        if (push is not null)
        {
            context.Request.Body = new PushedStream(context.Request.Body, push);
        }

        await passThrough.SendAsync(
            context,
            request.Primary,
            request.Git,
            request.Primary.Http.Invoker,
            cacheStatus: null,
            response =>
            {
                request.NoteRefusal(response, tickets);
                if (push is not null && HttpPrimaryReply.IsGitAnswer(response))
                {
                    context.Response.Body = new ObservingStream(context.Response.Body, push);
                }
            }
        );
    }

    private PushWatch? Watch(ClientRequest request)
    {
        bool? isGzip = request.Context.Request.Headers.ContentEncoding.ToString() switch
        {
            "" or "identity" => false,
            "gzip" or "x-gzip" => true,
            _ => null,
        };
        return isGzip is { } coded
            ? pushes.Watch(request.Repository, coded, () => (request.Credential, upstreams.Open(request.Asker())))
            : null;
    }
}
