using Waystation.Primaries.Http.Connections;
using Waystation.Primaries.Http.Responses;

namespace Waystation.Primaries.Http;

/// <summary>
/// Reads the response to a forwarded read: whether it is a refusal, and whether the repository has moved. After a move the request is sent
/// to the new path, if all of it is in memory.
/// </summary>
/// <param name="inner">Sends to the primary.</param>
/// <param name="origin">The primary.</param>
/// <param name="body">The whole body; null if it can be read only once.</param>
/// <param name="wasPromised">Whether the node has told the client the primary's capabilities.</param>
public sealed class ReadWatch(HttpMessageHandler inner, HttpOrigin origin, ReadOnlyMemory<byte>? body, bool wasPromised)
    : DelegatingHandler(inner)
{
    /// <summary>The verdict on the response, once it is here.</summary>
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
