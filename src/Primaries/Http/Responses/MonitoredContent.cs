using System.Net;
using Waystation.GitProtocol.Responses;
using Waystation.Primaries.Gate;
using Waystation.Primaries.Http.Connections;

namespace Waystation.Primaries.Http.Responses;

/// <summary>
/// The body of a response. While it is silent, and when it ends early, the node probes the primary itself. At its end its place in the
/// budget is free. A Git response that ends where none may end has ended early, whatever length was announced.
/// </summary>
internal sealed class MonitoredContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly PrimaryHealth _health;
    private readonly IDisposable _place;
    private readonly TimeSpan _patience;
    private readonly bool _isGits;

    public MonitoredContent(HttpContent inner, bool isGits, PrimaryHealth health, IDisposable place, TimeSpan patience)
    {
        (_inner, _isGits, _health, _place, _patience) = (inner, isGits, health, place, patience);
        // With a length that is too small the client would not notice that the rest is missing.
        Headers.AddAll(inner.Headers, withLength: !isGits);
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() =>
        new WatchedStream(await _inner.ReadAsStreamAsync(), NewCheck(), _health, _patience);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        new WatchedStream(await _inner.ReadAsStreamAsync(cancellationToken), NewCheck(), _health, _patience);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _inner.CopyToAsync(stream, context);

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
            _place.Dispose();
        }

        base.Dispose(disposing);
    }

    private ResponseEndDetector? NewCheck() => _isGits ? new ResponseEndDetector() : null;
}
