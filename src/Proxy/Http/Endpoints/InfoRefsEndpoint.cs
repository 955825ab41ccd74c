using Waystation.FetchCore.Access.Tickets;
using Waystation.GitProtocol;
using Waystation.Proxy.Http.Headers;
using Waystation.Proxy.Http.Requests;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>
/// <c>GET …/info/refs?service=git-upload-pack</c>: the primary's response, read as it passes. A live ticket answers only the v2 capability
/// advertisement, which names no ref.
/// </summary>
internal sealed class InfoRefsEndpoint(RefsRelay refs, AccessTickets tickets)
{
    public async Task HandleAsync(ClientRequest request)
    {
        HttpContext context = request.Context;
        if (
            context.Request.Headers["Git-Protocol"] == ProtocolVersion.Two
            && await tickets.FindCapabilitiesAsync(request.Repository, request.Credential, context.RequestAborted) is { } known
        )
        {
            context.Response.ContentType = "application/x-git-upload-pack-advertisement";
            context.Response.Headers.CacheControl = AnswerHead.NotKept;
            context.Response.Headers.Append("Via", AnswerHead.Via);
            context.Response.Headers[CacheStatus.Name] = CacheStatus.Ticket;
            context.Response.ContentLength = known.Bytes.Length;
            await context.Response.Body.WriteAsync(known.Bytes, context.RequestAborted);
            return;
        }

        await refs.HandleAsync(request, asked: null, body: default);
    }
}
