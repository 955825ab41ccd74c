using System.Buffers;
using System.Diagnostics;
using System.Net.Http.Headers;
using Microsoft.Extensions.Primitives;
using Polly;
using Polly.Retry;
using Waystation.CacheStore;
using Waystation.FetchCore.Access.Tickets;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Primaries;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;
using Waystation.Primaries.Gate;
using Waystation.Primaries.Http.Responses;
using Waystation.Primaries.Loops;

namespace Waystation.Primaries.Http;

/// <summary>
/// The primary over HTTP, in one client's name. It keeps the needed parts of the client's request, because a fill may outlive the request.
/// </summary>
/// <param name="asker">The name, request lines and fields.</param>
/// <param name="body">The body of the client's own request; empty if it has none.</param>
/// <param name="tickets">Says which credentials were accepted lately.</param>
/// <param name="meters">Counts each request.</param>
public sealed class HttpPrimary(HttpAsker asker, ReadOnlyMemory<byte> body, AccessTickets tickets, FetchMeters meters) : IPrimary
{
    private const string RequestType = "application/x-git-upload-pack-request";

    /// <summary>The node's own small reads are tried again; a client's request is sent once.</summary>
    private static readonly ResiliencePipeline s_ownReads = new ResiliencePipelineBuilder()
        .AddRetry(
            new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<PrimaryException>(static e =>
                    e is not (PrimaryOutageException or PrimaryBusyException)
                ),
                MaxRetryAttempts = 2,
                Delay = TimeSpan.FromMilliseconds(200),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            }
        )
        .Build();

    public bool IsOut => asker.Origin.Gate.IsOut(asker.Repository, asker.Credential);

    public async Task<PrimaryReply> FetchAsync(CancellationToken cancellationToken) =>
        await ReadAsync("fetch", HttpMethod.Post, asker.OwnTarget, OwnBody, cancellationToken);

    /// <summary>With a body it is an <c>ls-refs</c>, without one a <c>GET info/refs</c>.</summary>
    public async Task<PrimaryReply> AskRefsAsync(CancellationToken cancellationToken) =>
        body.IsEmpty
            ? await ReadAsync("info-refs", HttpMethod.Get, asker.OwnTarget, content: null, cancellationToken, asksForRefs: true)
            : await ReadAsync("upload-pack", HttpMethod.Post, asker.OwnTarget, OwnBody, cancellationToken, asksForRefs: true);

    public async Task<PrimaryReply> SyncAsync(FetchRequest request, ResponseFraming framing, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        if (framing.ProtocolVersion == 2)
        {
            FetchRequestWriter.WriteV2(buffer, request, framing, agent: null, sayObjectFormat: request.ObjectFormat != ObjectFormat.Sha1);
        }
        else
        {
            FetchRequestWriter.WriteV0(buffer, request, framing, agent: null);
        }

        return await ReadAsync(
            "sync",
            HttpMethod.Post,
            asker.UploadPackTarget,
            () => NewBody(buffer.WrittenMemory),
            cancellationToken,
            framing.ProtocolVersion
        );
    }

    public async Task<PrimaryReply> LsRefsAsync(LsRefsRequest request, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        LsRefsRequestWriter.Write(buffer, request, agent: null);
        return await s_ownReads.ExecuteAsync(
            async token =>
                await ReadAsync(
                    "ls-refs",
                    HttpMethod.Post,
                    asker.UploadPackTarget,
                    () => NewBody(buffer.WrittenMemory),
                    token,
                    speaks: 2,
                    asksForRefs: true
                ),
            cancellationToken
        );
    }

    public async Task<PrimaryReply> InfoRefsAsync(CancellationToken cancellationToken) =>
        await s_ownReads.ExecuteAsync(
            async token => await ReadAsync("info-refs", HttpMethod.Get, asker.InfoRefsTarget, content: null, token, asksForRefs: true),
            cancellationToken
        );

    /// <summary>Sends a push, or a question about one, in this client's name: once, and without checks.</summary>
    public async Task<PrimaryReply> SendAsync(
        string kind,
        HttpMethod method,
        string to,
        HttpContent? content,
        CancellationToken cancellationToken
    )
    {
        using HttpRequestMessage request = NewRequest(kind, method, to, content, speaks: null);
        long askedAt = tickets.Now;
        try
        {
            HttpResponseMessage response = await asker.Origin.Invoker.SendAsync(request, cancellationToken);
            return new HttpPrimaryReply(response, askedAt, await response.Content.ReadAsStreamAsync(cancellationToken));
        }
        catch (HttpRequestException e)
        {
            throw new PrimaryException(e.Message, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PrimaryException("connecting took too long", e);
        }
    }

    private async Task<HttpPrimaryReply> ReadAsync(
        string kind,
        HttpMethod method,
        string to,
        Func<HttpContent>? content,
        CancellationToken cancellationToken,
        int? speaks = null,
        bool asksForRefs = false
    )
    {
        using Activity? span = Spans.BeginUpstream(kind);
        var read = new UpstreamRead(asker.Repository, asker.Credential, asksForRefs, ReportedFields.NameIn(asker.Headers))
        {
            From = ReportedFields.AddressIn(asker.Headers),
            WasAccepted = () => tickets.Remembers(asker.Repository, asker.Credential),
        };
        bool wasPromised = tickets.FindCapabilities(asker.Repository, asker.Credential) is not null;
        long askedAt = 0;
        string at = to;
        HttpRequestMessage? sent = null;
        HttpResponseMessage response = await asker.Origin.Gate.SendAsync(read, Make, cancellationToken);
        try
        {
            for (int hop = 0; hop < RepositoryMoves.MostHops && RepositoryMoves.TargetOf(asker.Origin, sent!, response) is { } moved; hop++)
            {
                at = moved;
                response.Dispose();
                response = await asker.Origin.Gate.SendAsync(read, Make, cancellationToken);
            }

            span?.SetTag("http.response.status_code", (int)response.StatusCode);
            AnswerVerdict verdict = await ErrorLook.JudgeAsync(response, method == HttpMethod.Post, wasPromised, cancellationToken);
            Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            return new HttpPrimaryReply(response, askedAt, stream) { Verdict = verdict, IsOfAnother = at != to };
        }
        catch
        {
            response.Dispose();
            throw;
        }

        // The read may be sent more than once; this is the response to the last one.
        HttpRequestMessage Make()
        {
            askedAt = tickets.Now;
            return sent = NewRequest(kind, method, at, content?.Invoke(), speaks);
        }
    }

    /// <param name="kind">The kind for the metric.</param>
    /// <param name="method">The method.</param>
    /// <param name="to">The target.</param>
    /// <param name="content">The body.</param>
    /// <param name="speaks">The protocol version of the body; null for the client's own value.</param>
    private HttpRequestMessage NewRequest(string kind, HttpMethod method, string to, HttpContent? content, int? speaks)
    {
        meters.Upstream(kind);
        var request = new HttpRequestMessage(method, asker.Origin.UriOf(to)) { Content = content };
        CopyHeaders(
            request.Headers,
            name => !name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) && !(speaks is not null && IsVersion(name))
        );
        if (speaks > 0)
        {
            // Whatever the client speaks.
            request.Headers.TryAddWithoutValidation("Git-Protocol", $"version={speaks}");
        }

        request.Headers.Host = asker.Origin.Authority;
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        request.Headers.TryAddWithoutValidation("Via", NodeMark.Via);
        return request;
    }

    private ReadOnlyMemoryContent OwnBody()
    {
        var content = new ReadOnlyMemoryContent(body);
        CopyHeaders(content.Headers, static name => name is "Content-Type" or "Content-Encoding");
        return content;
    }

    private static ReadOnlyMemoryContent NewBody(ReadOnlyMemory<byte> bytes)
    {
        var content = new ReadOnlyMemoryContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue(RequestType);
        return content;
    }

    private static bool IsVersion(string name) => string.Equals(name, "Git-Protocol", StringComparison.OrdinalIgnoreCase);

    private void CopyHeaders(HttpHeaders to, Func<string, bool> which)
    {
        foreach ((string name, StringValues values) in asker.Headers)
        {
            if (which(name))
            {
                to.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }
    }
}
