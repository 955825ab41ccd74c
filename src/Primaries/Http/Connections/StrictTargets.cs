namespace Waystation.Primaries.Http.Connections;

/// <summary>
/// The second wall: no request goes to the primary whose target would end its request line. The handler below writes a target as it is,
/// line breaks included. The first wall stands where targets are made: <see cref="Primary.UriOf"/>.
/// </summary>
internal sealed class StrictTargets(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request.RequestUri is { IsAbsoluteUri: true } uri && RequestTarget.IsWellFormed(uri.PathAndQuery)
            ? base.SendAsync(request, cancellationToken)
            : throw new InvalidOperationException("a request to the primary has a target that a request line cannot hold");
}
