using System.IO.Pipelines;
using System.Net;
using Waystation.FetchCore.Primaries;

namespace Waystation.Proxy.Primaries;

/// <summary>A reply over HTTP, with everything that is needed to hand it on.</summary>
internal sealed class HttpPrimaryReply(HttpResponseMessage response, long askedAt, Stream body) : PrimaryReply
{
    private static readonly StreamPipeReaderOptions s_options = new(bufferSize: 64 * 1024, minimumReadSize: 16 * 1024);

    public HttpResponseMessage Response => response;

    public override bool IsAnswer => IsGitAnswer(response);

    public override bool IsRefusal => IsRefused(response);

    public override long AskedAt => askedAt;

    public override PipeReader Body { get; } = PipeReader.Create(body, s_options);

    /// <summary>Status and type say that a Git service answered, in plain bytes.</summary>
    public static bool IsGitAnswer(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.OK
        && response.Content.Headers.ContentType?.MediaType is "application/x-git-upload-pack-result" or "application/x-git-upload-pack-advertisement"
            or "application/x-git-receive-pack-result" or "application/x-git-receive-pack-advertisement"
        && response.Content.Headers.ContentEncoding.Count == 0;

    public static bool IsRefused(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound;

    public override async ValueTask DisposeAsync()
    {
        await Body.CompleteAsync();
        response.Dispose();
    }
}
