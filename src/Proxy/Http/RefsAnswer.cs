using System.IO.Pipelines;
using Waystation.Primaries;

namespace Waystation.Proxy.Http;

/// <summary>The primary's answer to a question for refs, as one of those gets it who asked: a head, and a body that streams or lies in
/// memory.</summary>
internal sealed class RefsAnswer(AnswerHead head, PipeReader? stream, ReadOnlyMemory<byte> bytes, Action leave) : IDisposable
{
    public async Task WriteAsync(HttpContext context, Primary primary, string cacheStatus)
    {
        HttpResponse response = context.Response;
        head.Write(context, primary, cacheStatus);
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
