using System.IO.Pipelines;
using System.Net;
using Waystation.FetchCore.Primaries;

namespace Waystation.Primaries.Http.Responses;

/// <summary>A reply over HTTP, with everything that is needed to hand it on.</summary>
public sealed class HttpPrimaryReply(HttpResponseMessage response, long askedAt, Stream body) : PrimaryReply
{
    private static readonly StreamPipeReaderOptions s_options = new(bufferSize: 64 * 1024, minimumReadSize: 16 * 1024);

    public HttpResponseMessage Response => response;

    /// <summary>The verdict on the response; null if it answers no read, where the status alone decides.</summary>
    public AnswerVerdict? Verdict { get; init; }

    /// <summary>Whether it came from another repository than the one that was asked for.</summary>
    public bool IsOfAnother { get; init; }

    public override bool IsAnswer => IsGitAnswer(response) && Verdict?.Complaint is null && !IsOfAnother;

    public override bool IsRefusal => IsOfAnother || (Verdict?.IsRefusal ?? IsRefused(response));

    public override bool DemandsLogin => response.StatusCode == HttpStatusCode.Unauthorized;

    public override string? Complaint => Verdict?.Complaint;

    public override long AskedAt => askedAt;

    public override PipeReader Body { get; } = PipeReader.Create(body, s_options);

    /// <summary>Status and type say that a Git service answered, in plain bytes.</summary>
    public static bool IsGitAnswer(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.OK && IsGitType(response) && response.Content.Headers.ContentEncoding.Count == 0;

    /// <summary>Whether a response shows that the primary, or a server behind it, fails.</summary>
    public static bool IsFailure(HttpResponseMessage response) =>
        response.StatusCode
            is HttpStatusCode.InternalServerError
                or HttpStatusCode.BadGateway
                or HttpStatusCode.ServiceUnavailable
                or HttpStatusCode.GatewayTimeout;

    /// <summary>Whether the status alone is a refusal.</summary>
    public static bool IsRefused(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound;

    /// <summary>
    /// Whether a read got no Git response. These do not count, because they say nothing about the credential: come again (408, 425, 429), a
    /// failure of the primary (5xx), and a compressed Git response.
    /// </summary>
    public static bool IsNoSuccess(HttpResponseMessage response) =>
        response.StatusCode switch
        {
            HttpStatusCode.OK => !IsGitType(response),
            HttpStatusCode.RequestTimeout or (HttpStatusCode)425 or HttpStatusCode.TooManyRequests => false,
            var status => (int)status < 500,
        };

    private static bool IsGitType(HttpResponseMessage response) =>
        response.Content.Headers.ContentType?.MediaType
            is "application/x-git-upload-pack-result"
                or "application/x-git-upload-pack-advertisement"
                or "application/x-git-receive-pack-result"
                or "application/x-git-receive-pack-advertisement";

    public override async ValueTask DisposeAsync()
    {
        await Body.CompleteAsync();
        response.Dispose();
    }
}
