using Waystation.Primaries.Http.Connections;
using Waystation.Primaries.Http.Responses;

namespace Waystation.Primaries.Http;

/// <summary>
/// Looks at the answer to a read that is passed through: what it says of who asked, and whether the repository has moved. Where it has, the
/// request is sent on, if all of it is here.
/// </summary>
/// <param name="inner">Leads to the primary.</param>
/// <param name="origin">The primary.</param>
/// <param name="body">The whole body; null where it can be read only once.</param>
/// <param name="wasPromised">The client was told the primary's capabilities by the node.</param>
public sealed class ReadWatch(HttpMessageHandler inner, HttpOrigin origin, ReadOnlyMemory<byte>? body, bool wasPromised)
    : DelegatingHandler(inner)
{
    /// <summary>What the answer says, once it is here.</summary>
    public AnswerVerdict? Verdict { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        bool hasMoved = false;
        for (int hop = 0; hop < RepositoryMoves.MostHops && body is { } whole; hop++)
        {
            if (RepositoryMoves.TargetOf(origin, request, response) is not { } moved)
            {
                break;
            }

            hasMoved = true;
            response.Dispose();
            request = Again(request, moved, whole);
            response = await base.SendAsync(request, cancellationToken);
        }

        try
        {
            AnswerVerdict verdict = await ErrorLook.JudgeAsync(response, request.Method == HttpMethod.Post, wasPromised, cancellationToken);
            Verdict = hasMoved ? verdict with { IsRefusal = true } : verdict;
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private HttpRequestMessage Again(HttpRequestMessage request, string target, ReadOnlyMemory<byte> whole)
    {
        var again = new HttpRequestMessage(request.Method, origin.UriOf(target))
        {
            Version = request.Version,
            VersionPolicy = request.VersionPolicy,
            Content = new ReadOnlyMemoryContent(whole),
        };
        again.Headers.AddAll(request.Headers);
        again.Content.Headers.AddAll(request.Content!.Headers);

        return again;
    }
}
