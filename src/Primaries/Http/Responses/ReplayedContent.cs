using System.Net;
using Waystation.Primaries.Http.Connections;

namespace Waystation.Primaries.Http.Responses;

/// <summary>The body of a response whose first bytes were read already; it gives them again.</summary>
internal sealed class ReplayedContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly ReadOnlyMemory<byte> _first;
    private readonly Stream _rest;

    public ReplayedContent(HttpContent inner, ReadOnlyMemory<byte> first, Stream rest)
    {
        (_inner, _first, _rest) = (inner, first, rest);
        Headers.AddAll(inner.Headers, withLength: false);
    }

    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(new JoinedStream(_first, _rest));

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync(_first);
        await _rest.CopyToAsync(stream);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
