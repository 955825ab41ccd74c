using Waystation.Primaries.Gate;
using Waystation.Primaries.Http.Connections;

namespace Waystation.Primaries.Http;

/// <summary>Sends forwarded requests through the primary's gate: reads with all checks, other requests with only the time-out of an
/// outage.</summary>
/// <param name="gate">The primary's gate.</param>
/// <param name="read">The read; null if the request is none.</param>
/// <param name="body">The whole body, if it may have to be sent again; null if it can be read only once.</param>
public sealed class GatedUpstream(HttpGate gate, UpstreamRead? read, ReadOnlyMemory<byte>? body = null) : HttpMessageHandler
{
    private HttpResponseMessage? _response;
    private bool _isSent;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _response = read is null
            ? await gate.TryAsync(request, cancellationToken)
            : await gate.SendAsync(read, () => Make(request), cancellationToken);

    private HttpRequestMessage Make(HttpRequestMessage request)
    {
        if (_isSent && body is { } whole && request.Content is { } taken)
        {
            var again = new ReadOnlyMemoryContent(whole);
            again.Headers.AddAll(taken.Headers);

            request.Content = again;
        }

        _isSent = true;
        return request;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _response?.Dispose();
        }

        base.Dispose(disposing);
    }
}
