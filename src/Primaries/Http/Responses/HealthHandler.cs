using Waystation.Primaries.Gate;

namespace Waystation.Primaries.Http.Responses;

/// <summary>Notes each response to any request: the first one ends an outage.</summary>
internal sealed class HealthHandler(HttpMessageHandler inner, PrimaryHealth health) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        if (!HttpPrimaryReply.IsFailure(response))
        {
            await health.AnsweredAsync();
        }

        return response;
    }
}
