using System.IO.Pipelines;
using Waystation.Proxy.Primaries;

namespace Waystation.Proxy.Http;

/// <summary>Hands on, whole, a reply that was looked at and not consumed.</summary>
internal static class ReplyRelay
{
    public static async Task CopyAsync(HttpContext context, HttpPrimaryReply reply, string cacheStatus)
    {
        HttpResponse response = context.Response;
        response.StatusCode = (int)reply.Response.StatusCode;
        foreach ((string name, IEnumerable<string> values) in reply.Response.Headers.NonValidated
            .Concat(reply.Response.Content.Headers.NonValidated)
            .Select(static header => (header.Key, header.Value.AsEnumerable())))
        {
            if (!ClientHeaders.IsHopByHop(name))
            {
                response.Headers.Append(name, values.ToArray());
            }
        }

        response.Headers.Append("Via", "1.1 waystation");
        response.Headers.Append(CacheStatus.Name, cacheStatus);
        await reply.Body.CopyToAsync(response.BodyWriter, context.RequestAborted);
    }
}
