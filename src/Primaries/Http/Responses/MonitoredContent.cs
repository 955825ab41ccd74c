using System.Net;
using Waystation.GitProtocol.Responses;
using Waystation.Primaries.Gate;
using Waystation.Primaries.Http.Connections;

namespace Waystation.Primaries.Http.Responses;

/// <summary>
/// The body of a response. While it is silent, and when it ends early, the node probes the primary itself. At its end its place in the
/// budget is free. A Git response that ends where none may end has ended early, whatever length was announced.
/// </summary>
/// <param name="inner">The content that came.</param>
/// <param name="isGits">
/// Whether it is a Git response. It passes without a length: with one that is too small, the client would not notice that the rest is
/// missing.
/// </param>
/// <param name="health">Probes the primary.</param>
/// <param name="place">The place in the budget.</param>
/// <param name="patience">The longest silence without a probe.</param>
internal sealed class MonitoredContent(HttpContent inner, bool isGits, PrimaryHealth health, IDisposable place, TimeSpan patience)
    : WrappedContent(inner, withLength: !isGits)
{
    protected override async Task<Stream> CreateContentReadStreamAsync() => Watch(await Inner.ReadAsStreamAsync());

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        Watch(await Inner.ReadAsStreamAsync(cancellationToken));

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Inner.CopyToAsync(stream, context);

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            place.Dispose();
        }
    }

    private WatchedStream Watch(Stream body) => new(body, isGits ? new ResponseEndDetector() : null, health, patience);
}
