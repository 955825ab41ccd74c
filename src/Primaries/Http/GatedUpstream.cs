using Waystation.Primaries.Gate;
using Waystation.Primaries.Http.Connections;

namespace Waystation.Primaries.Http;

/// <summary>Leads what is passed through by way of the primary's gate: a read as such, anything else so that it does not wait in
/// vain.</summary>
/// <param name="gate">The primary's.</param>
/// <param name="read">What read it is; null where it is none.</param>
/// <param name="body">Its whole body, where that is to be sent again; null where it can be read only once.</param>
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
