using Waystation.Proxy.Primaries;

namespace Waystation.Proxy.Http;

/// <summary>Leads what is passed through by way of the primary's gate: a read as such, anything else so that it does not wait in vain.</summary>
/// <param name="gate">The primary's.</param>
/// <param name="read">What read it is; null where it is none.</param>
internal sealed class GatedUpstream(PrimaryGate gate, UpstreamRead? read) : HttpMessageHandler
{
    private HttpResponseMessage? _response;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _response = read is null ? await gate.TryAsync(request, cancellationToken) : await gate.SendAsync(read, () => request, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _response?.Dispose();
        }

        base.Dispose(disposing);
    }
}
