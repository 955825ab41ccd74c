using Microsoft.Extensions.Primitives;
using Waystation.FetchCore.Access.Tickets;
using Waystation.Primaries.Http;
using Waystation.Proxy.Http.Headers;
using Waystation.Proxy.Http.Requests;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>
/// In an outage a client without a credential gets the primary's last challenge, so that git sends its credential. A credential that was
/// sent is not judged here.
/// </summary>
internal sealed class ChallengeReplay(AccessTickets tickets)
{
    /// <summary>Sends the challenge if the client sent no credential; false if it sent one, or no challenge is known.</summary>
    public async Task<bool> TryTellAsync(ClientRequest request)
    {
        LastChallenges challenges = request.Primary.Http.Gate.Challenges;
        string name = ClientHeaders.NameOf(request.Context.Request);
        StringValues? known =
            challenges.Find(request.Repository, name) ?? (tickets.AreOfUsersAlone(request.Repository) ? challenges.LastUnder(name) : null);
        if (!request.Credential.IsAnonymous || known is not { } challenge)
        {
            return false;
        }

        HttpResponse response = request.Context.Response;
        response.StatusCode = StatusCodes.Status401Unauthorized;
        response.Headers.WWWAuthenticate = challenge;
        response.Headers.Append("Via", AnswerHead.Via);
        response.Headers[CacheStatus.Name] = CacheStatus.Stale;
        response.ContentType = "text/plain; charset=utf-8";
        await response.WriteAsync($"waystation: {request.Primary.Authority} asks for a credential\n", request.Context.RequestAborted);
        return true;
    }
}
