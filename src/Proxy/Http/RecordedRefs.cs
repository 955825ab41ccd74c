using System.Buffers;
using Microsoft.Extensions.Primitives;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Observing;
using Waystation.GitProtocol.Advertisements;
using Waystation.Primaries.Http;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Http;

/// <summary>
/// Answers questions for refs in an outage, from what the primary last showed this very credential; labelled as such. Whoever sent no
/// credential
/// is asked for it as the primary last did; nobody else is told anything.
/// </summary>
internal sealed class RecordedRefs(AccessTickets tickets, FetchMeters meters, ILogger<RecordedRefs> logger)
{
    /// <summary>Answers; false where nothing that is recorded covers the question.</summary>
    /// <param name="request">Whose.</param>
    /// <param name="asked">The <c>ls-refs</c>; null asks for the advertisement.</param>
    public async Task<bool> TryAnswerAsync(DoorRequest request, LsRefsRequest? asked)
    {
        if (tickets.FindRecorded(request.Repository, request.Credential) is not { } recorded)
        {
            return false;
        }

        var body = new ArrayBufferWriter<byte>();
        if (Write(body, recorded, request, asked) is not { } age)
        {
            return false;
        }

        HttpResponse response = request.Context.Response;
        response.ContentType = asked is null ? "application/x-git-upload-pack-advertisement" : "application/x-git-upload-pack-result";
        response.Headers.CacheControl = AnswerHead.NotKept;
        response.Headers.Append("Via", AnswerHead.Via);
        response.Headers[CacheStatus.Name] = CacheStatus.Stale;
        response.ContentLength = body.WrittenCount;
        meters.AnsweredStale("refs");
        logger.RefsRecorded(request.Repository, age, request.Credential);
        await response.Body.WriteAsync(body.WrittenMemory, request.Context.RequestAborted);
        return true;
    }

    /// <summary>Asks for a credential where none was sent; false where one was, or it is not known how the primary asks.</summary>
    public async Task<bool> TryChallengeAsync(DoorRequest request)
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

    /// <summary>How long ago it was shown; null where nothing was written.</summary>
    private static TimeSpan? Write(ArrayBufferWriter<byte> body, RecordedAccess recorded, DoorRequest request, LsRefsRequest? asked)
    {
        if (asked is not null)
        {
            RecordedListing? answer = recorded.Answer(asked);
            if (answer is not null)
            {
                LsRefsAnswerWriter.Write(body, answer.Listing.Tips, answer.Listing.UnbornHeadTarget);
            }

            return answer?.Age;
        }

        if (request.ProtocolVersion is not { } version)
        {
            return null;
        }

        if (version == 2 && recorded.Capabilities is { } capabilities)
        {
            body.Write(capabilities.Bytes.Span);
            return recorded.Age ?? TimeSpan.Zero;
        }

        // A primary without v2 answers with v0.
        if (recorded.Advertisement(version == 2 ? 0 : version) is not { Listing: { Older: { } older } listing } shown)
        {
            return null;
        }

        InfoRefsWriter.Write(body, older.Version, listing.Tips, older.Capabilities, older.Shallows, listing.Asked.ObjectFormat);
        return shown.Age;
    }
}
