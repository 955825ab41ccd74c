using System.IO.Pipelines;
using Microsoft.Extensions.Primitives;
using Waystation.Proxy.Primaries;

namespace Waystation.Proxy.Http;

/// <summary>The primary's answer to a question for refs, as one of those gets it who asked: a head, and a body that streams or lies in memory.</summary>
internal sealed class RefsAnswer(RefsHead head, PipeReader? stream, ReadOnlyMemory<byte> bytes, Action leave) : IDisposable
{
    public async Task WriteAsync(HttpContext context, string cacheStatus)
    {
        HttpResponse response = context.Response;
        response.StatusCode = head.Status;
        foreach ((string name, StringValues values) in head.Headers)
        {
            response.Headers.Append(name, values);
        }

        response.Headers.Append("Via", "1.1 waystation");
        response.Headers.Append(CacheStatus.Name, cacheStatus);
        if (stream is not null)
        {
            await stream.CopyToAsync(response.BodyWriter, context.RequestAborted);
        }
        else
        {
            await response.BodyWriter.WriteAsync(bytes, context.RequestAborted);
        }
    }

    public void Dispose() => leave();
}

/// <summary>Status and end-to-end fields of an answer, kept apart from its message.</summary>
internal sealed record RefsHead(int Status, IReadOnlyList<KeyValuePair<string, StringValues>> Headers)
{
    public static RefsHead Of(HttpPrimaryReply reply)
    {
        HashSet<string> listed = ClientHeaders.Listed(reply.Response.Headers.Connection.ToArray());
        return new RefsHead((int)reply.Response.StatusCode, [.. reply.Response.Headers.NonValidated
            .Concat(reply.Response.Content.Headers.NonValidated)
            .Where(header => !ClientHeaders.IsHopByHop(header.Key) && !listed.Contains(header.Key))
            .Select(static header => new KeyValuePair<string, StringValues>(header.Key, header.Value.ToArray()))]);
    }
}
