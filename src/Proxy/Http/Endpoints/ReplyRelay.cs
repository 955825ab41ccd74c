using Waystation.Primaries;
using Waystation.Primaries.Http.Responses;
using Waystation.Proxy.Http.Headers;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>Hands on, whole, a reply that was looked at and not consumed.</summary>
internal static class ReplyRelay
{
    public static async Task CopyAsync(HttpContext context, Primary primary, HttpPrimaryReply reply, string cacheStatus)
    {
        AnswerHead.Of(reply.Response).Write(context, primary, cacheStatus);
        await reply.Body.CopyToAsync(context.Response.BodyWriter, context.RequestAborted);
    }
}
