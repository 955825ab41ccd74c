using System.Text.Json;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Lfs;
using Waystation.Proxy.Http.Headers;

namespace Waystation.Proxy.Http.Endpoints;

/// <summary>
/// Errors of LFS: git-lfs shows its user the <c>message</c> of a JSON object, and no other text (git-lfs docs/api/batch.md).
/// </summary>
internal static class LfsMessage
{
    /// <summary>Tells the client that the primary could not be asked.</summary>
    public static Task TellAsync(HttpContext context, string primary, Exception failure)
    {
        if (failure is PrimaryBusyException busy)
        {
            context.Response.Headers.RetryAfter = TroubleText.Seconds(busy.RetryAfter);
        }

        int status = failure switch
        {
            PrimaryBusyException => StatusCodes.Status429TooManyRequests,
            PrimaryOutageException { Status: { } known } => known,
            PrimaryOutageException => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status502BadGateway,
        };
        return WriteAsync(context, status, TroubleText.Of(primary, failure));
    }

    /// <summary>Answers with a status and a message.</summary>
    public static Task WriteAsync(HttpContext context, int status, string message)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = LfsBatchAnswer.MediaType;
        response.Headers.CacheControl = AnswerHead.NotKept;
        response.Headers.Append("Via", AnswerHead.Via);
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>(StringComparer.Ordinal) { ["message"] = message });
        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
