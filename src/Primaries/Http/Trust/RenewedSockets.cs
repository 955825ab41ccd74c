namespace Waystation.Primaries.Http.Trust;

/// <summary>
/// Connections that show the node's own certificate. .NET fixes the certificate when it makes the pool of connections, so another
/// certificate needs another pool. Requests under way finish on the earlier one, and its idle connections end by themselves.
/// </summary>
internal sealed class RenewedSockets : HttpMessageHandler
{
    private readonly PrimaryTrust _trust;
    private readonly Func<HttpMessageHandler> _make;
    private volatile Pool _pool;

    public RenewedSockets(PrimaryTrust trust, Func<HttpMessageHandler> make)
    {
        (_trust, _make) = (trust, make);
        _pool = new Pool(trust.Own, new HttpMessageInvoker(make()));
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Pool pool = _pool;
        if (_trust.Own is var own && !ReferenceEquals(own, pool.Certificate))
        {
            // Two threads may make one each: the pool that nobody uses any more is collected.
            _pool = pool = new Pool(own, new HttpMessageInvoker(_make()));
        }

        return pool.Invoker.SendAsync(request, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _pool.Invoker.Dispose();
        }

        base.Dispose(disposing);
    }

    private sealed record Pool(object? Certificate, HttpMessageInvoker Invoker);
}
