namespace Waystation.Primaries.Http.Connections;

/// <summary>
/// The second check of request targets: a target that would end its request line is not sent to the primary. The handler below writes a
/// target unchanged, with line breaks. The first check is where targets are made: <see cref="Primary.UriOf"/>.
/// </summary>
internal sealed class StrictTargets(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request.RequestUri is { IsAbsoluteUri: true } uri && RequestTarget.IsWellFormed(uri.PathAndQuery)
            ? base.SendAsync(request, cancellationToken)
            : throw new InvalidOperationException("a request to the primary has a target that a request line cannot hold");
}
