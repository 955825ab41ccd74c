using System.Net;

namespace Waystation.Primaries.Http.Connections;

/// <summary>Stands for another content. It has the same header fields, and no length of its own.</summary>
internal abstract class WrappedContent : HttpContent
{
    protected WrappedContent(HttpContent inner, bool withLength)
    {
        Inner = inner;
        Headers.AddAll(inner.Headers, withLength);
    }

    /// <summary>The other content; this disposes it.</summary>
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
