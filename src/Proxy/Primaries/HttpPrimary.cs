using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Primitives;
using Polly;
using Polly.Retry;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Fetching;
using Waystation.GitProtocol.Objects;
using Waystation.Proxy.Telemetry;

namespace Waystation.Proxy.Primaries;

/// <summary>
/// The primary over HTTP, in one client's name. It keeps what it needs of the client's request, for a fill may outlive it.
/// </summary>
internal sealed class HttpPrimary(
    Primary primary, string target, string infoRefsTarget, IReadOnlyList<KeyValuePair<string, StringValues>> headers, ReadOnlyMemory<byte> body,
    AccessTickets tickets, ProxyMeters meters) : IPrimary
{
    private const string RequestType = "application/x-git-upload-pack-request";

    /// <summary>The node's own small reads are tried again; what a client sends is sent once.</summary>
    private static readonly ResiliencePipeline s_ownReads = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<PrimaryException>(),
            MaxRetryAttempts = 2,
            Delay = TimeSpan.FromMilliseconds(200),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
        })
        .Build();

    public Task<PrimaryReply> FetchAsync(CancellationToken cancellationToken)
    {
        var content = new ReadOnlyMemoryContent(body);
        CopyHeaders(content.Headers, static name => name is "Content-Type" or "Content-Encoding");
        return SendAsync("fetch", HttpMethod.Post, target, content, cancellationToken);
    }

    public Task<PrimaryReply> SyncAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        bool speaksV2 = request.ProtocolVersion == 2;
        if (speaksV2)
        {
            FetchRequestWriter.WriteV2(buffer, request, agent: null, sayObjectFormat: request.ObjectFormat != ObjectFormat.Sha1);
        }
        else
        {
            FetchRequestWriter.WriteV0(buffer, request, agent: null);
        }

        var content = new ReadOnlyMemoryContent(buffer.WrittenMemory);
        content.Headers.ContentType = new MediaTypeHeaderValue(RequestType);
        return SendAsync("sync", HttpMethod.Post, target, content, cancellationToken, speaksV2);
    }

    public async Task<PrimaryReply> LsRefsAsync(LsRefsRequest request, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        LsRefsRequestWriter.Write(buffer, request, agent: null);
        return await s_ownReads.ExecuteAsync(
            async token =>
            {
                var content = new ReadOnlyMemoryContent(buffer.WrittenMemory);
                content.Headers.ContentType = new MediaTypeHeaderValue(RequestType);
                return await SendAsync("ls-refs", HttpMethod.Post, target, content, token, speaksV2: true);
            },
            cancellationToken);
    }

    public async Task<PrimaryReply> InfoRefsAsync(CancellationToken cancellationToken) =>
        await s_ownReads.ExecuteAsync(
            async token => await SendAsync("info-refs", HttpMethod.Get, infoRefsTarget, content: null, token), cancellationToken);

    /// <summary>Sends a request in this client's name, once.</summary>
    public async Task<PrimaryReply> SendAsync(string kind, HttpMethod method, string to, HttpContent? content, CancellationToken cancellationToken, bool speaksV2 = false)
    {
        meters.Upstream(kind);
        using var request = new HttpRequestMessage(method, primary.UriOf(to)) { Content = content };
        CopyHeaders(request.Headers, name => !name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) && !(speaksV2 && IsVersion(name)));
        if (speaksV2)
        {
            // Whatever the client speaks.
            request.Headers.TryAddWithoutValidation("Git-Protocol", "version=2");
        }

        request.Headers.Host = primary.Authority;
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        request.Headers.TryAddWithoutValidation("Via", "1.1 waystation");
        try
        {
            HttpResponseMessage response = await primary.Invoker.SendAsync(request, cancellationToken);
            return new HttpPrimaryReply(response, tickets.Now, await response.Content.ReadAsStreamAsync(cancellationToken));
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

    private static bool IsVersion(string name) => string.Equals(name, "Git-Protocol", StringComparison.OrdinalIgnoreCase);

    private void CopyHeaders(HttpHeaders to, Func<string, bool> which)
    {
        foreach ((string name, StringValues values) in headers)
        {
            if (which(name))
            {
                to.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }
    }
}
