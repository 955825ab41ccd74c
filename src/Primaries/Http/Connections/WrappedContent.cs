using System.Net;
using Waystation.Primaries.Http.Connections;

namespace Waystation.Primaries.Http.Responses;

/// <summary>Stands for the content of a response that came. It has the same header fields, and no length of its own.</summary>
internal abstract class WrappedContent : HttpContent
{
    protected WrappedContent(HttpContent inner, bool withLength)
    {
        Inner = inner;
        Headers.AddAll(inner.Headers, withLength);
    }

    /// <summary>The content that came; this disposes it.</summary>
    protected HttpContent Inner { get; }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
