using System.Net;
using Waystation.GitProtocol.Responses;
using Waystation.Primaries.Gate;
using Waystation.Primaries.Http.Connections;

namespace Waystation.Primaries.Http.Responses;

/// <summary>
/// The body of an answer: while it is silent the node sees for itself whether the primary is there; where it breaks off, as well. At its
/// end its place in the budget is free. An answer of Git's that ends where none does has broken off, whatever length was announced.
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
        // A client that was told a length too small would not notice that the rest is missing.
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
