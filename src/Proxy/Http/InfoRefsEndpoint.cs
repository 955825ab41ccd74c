using Waystation.FetchCore;
using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Advertisements;
using Waystation.Proxy.Primaries;

namespace Waystation.Proxy.Http;

/// <summary>
/// <c>GET …/info/refs?service=git-upload-pack</c>: the primary's answer, read on the way. Only the v2 capability
/// advertisement, which names no ref, is answered from a live ticket.
/// </summary>
internal sealed class InfoRefsEndpoint(PassThrough passThrough, AccessTickets tickets)
{
    public async Task HandleAsync(DoorRequest request)
    {
        HttpContext context = request.Context;
        if (context.Request.Headers["Git-Protocol"] == "version=2" && tickets.FindCapabilities(request.Repository, request.Credential) is { } known)
        {
            context.Response.ContentType = "application/x-git-upload-pack-advertisement";
            context.Response.Headers.CacheControl = "no-cache, max-age=0, must-revalidate";
            context.Response.Headers[CacheStatus.Name] = CacheStatus.Ticket;
            context.Response.ContentLength = known.Bytes.Length;
            await context.Response.Body.WriteAsync(known.Bytes, context.RequestAborted);
            return;
        }

        await passThrough.SendAsync(
            context, request.Primary, request.Git, request.Primary.Invoker, CacheStatus.Bypass(ForwardReason.NotAFetch), response => Watch(request, response));
    }

    private void Watch(DoorRequest request, HttpResponseMessage response)
    {
        request.NoteRefusal(response, tickets);
        if (!HttpPrimaryReply.IsGitAnswer(response))
        {
            return;
        }

        long answeredAt = tickets.Now;
        var reader = new InfoRefsReader();
        request.Context.Response.Body = new ObservingStream(request.Context.Response.Body, reader, () =>
        {
            if (reader.Capabilities is { } capabilities)
            {
                tickets.Accept(request.Repository, request.Credential, capabilities, answeredAt);
            }
            else
            {
                tickets.Show(request.Repository, request.Credential, RefListing.Of(reader), answeredAt);
            }
        });
    }
}
