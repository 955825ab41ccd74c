using Waystation.CacheStore.Pushes;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Pushes;
using Waystation.GitProtocol.Pushing;
using Waystation.Primaries.Http;

namespace Waystation.Proxy.Http;

/// <summary>
/// <c>POST …/git-receive-pack</c>: the primary's, both ways untouched. What goes by is copied, so that the mirror has it once
/// the primary says that it took it.
/// </summary>
internal sealed class ReceivePackEndpoint(PassThrough passThrough, PushIntake pushes, UpstreamFactory upstreams, AccessTickets tickets)
{
    /// <summary>Whether this is the half of a push that has the objects.</summary>
    public static bool IsPush(HttpRequest request, GitRequest git) =>
        git.Service == GitService.ReceivePack
        && HttpMethods.IsPost(request.Method)
        && request.ContentType is { } type
        && type.StartsWith("application/x-git-receive-pack-request", StringComparison.OrdinalIgnoreCase);

    public async Task HandleAsync(DoorRequest request)
    {
        HttpContext context = request.Context;
        PushCopy? copy = Begin(request);
        bool isGiven = false;
        try
        {
            if (copy is not null)
            {
                context.Request.Body = new TeeStream(context.Request.Body, copy);
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
                    if (copy is not null && HttpPrimaryReply.IsGitAnswer(response))
                    {
                        var report = new PushReportReader();
                        context.Response.Body = new ObservingStream(
                            context.Response.Body,
                            report,
                            () =>
                            {
                                isGiven = true;
                                pushes.Take(
                                    new SeenPush(request.Repository, request.Credential, upstreams.Open(request.Asker()), copy, report)
                                );
                            }
                        );
                    }
                }
            );
        }
        finally
        {
            if (copy is not null && !isGiven)
            {
                await copy.DisposeAsync();
            }
        }
    }

    private PushCopy? Begin(DoorRequest request) =>
        request.Context.Request.Headers.ContentEncoding.ToString() switch
        {
            "" or "identity" => pushes.Begin(request.Repository, isGzip: false),
            "gzip" or "x-gzip" => pushes.Begin(request.Repository, isGzip: true),
            _ => null,
        };
}
