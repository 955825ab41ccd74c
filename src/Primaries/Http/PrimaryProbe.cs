using System.Globalization;
using Waystation.CacheStore;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.GitProtocol;
using Waystation.Primaries.Gate;
using Waystation.Primaries.Http.Responses;
using Waystation.Primaries.Loops;

namespace Waystation.Primaries.Http;

/// <summary>
/// The node's own probe of a primary: it reads the front page to its end, without a login, over a connection of its own. A second probe
/// shows whether the primary serves one repository, with the service credential if there is one.
/// </summary>
internal sealed class PrimaryProbe(
    HttpOrigin origin,
    Func<RepositoryName, (string Path, string? Authorization)> ownQuestion,
    HttpMessageHandler handler,
    TimeSpan patience,
    TimeProvider time
) : IDisposable
{
    /// <summary>A primary far away makes a connection and a handshake within a second. An answer may take longer: slow is not
    /// down.</summary>
    public static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(5);

    /// <summary>The most bytes that are read of a page, because pages may be long.</summary>
    private const int MaxRead = 64 * 1024;

    private readonly HttpMessageInvoker _invoker = new(handler);

    /// <summary>Probes the primary; null if it answers with any status but 500, 502, 503 and 504.</summary>
    public async Task<ProbeFailure?> AskAsync(CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, origin.UriOf("/"));
        request.Headers.Host = origin.Authority;
        request.Headers.ConnectionClose = true;
        request.Headers.TryAddWithoutValidation("User-Agent", "waystation");
        request.Headers.TryAddWithoutValidation("Via", NodeMark.Via);
        try
        {
            using HttpResponseMessage response = await _invoker.SendAsync(request, either.Token);
            if (HttpPrimaryReply.IsFailure(response))
            {
                return new ProbeFailure(
                    string.Create(CultureInfo.InvariantCulture, $"it answers {(int)response.StatusCode}"),
                    IsReached: true
                );
            }

            await using Stream body = await response.Content.ReadAsStreamAsync(either.Token);
            byte[] page = new byte[MaxRead];
            _ = await body.ReadAtLeastAsync(page, page.Length, throwOnEndOfStream: false, either.Token);
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            string wrong = late.IsCancellationRequested
                ? $"no answer within {patience.TotalSeconds:0} s"
                : $"no connection within {ConnectWithin.TotalSeconds:0} s";
            return new ProbeFailure(wrong, IsReached: false) { IsLate = true };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new ProbeFailure(e.Message, IsReached: false);
        }
    }

    /// <summary>Asks for the refs of a repository. Nothing of a client's request goes into the question.</summary>
    public async Task<OwnAnswer> AskForAsync(RepositoryName repository, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        (string path, string? authorization) = ("", null);
        try
        {
            (path, authorization) = ownQuestion(repository);
        }
        catch (PrimaryException)
        {
            // The service credential cannot be read.
            return OwnAnswer.Unknown;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, origin.UriOf($"/{path}/info/refs?service=git-upload-pack"));
        request.Headers.Host = origin.Authority;
        request.Headers.ConnectionClose = true;
        request.Headers.TryAddWithoutValidation("User-Agent", "git/waystation");
        request.Headers.TryAddWithoutValidation("Via", NodeMark.Via);
        // The answer of this version names no ref, so it is small.
        request.Headers.TryAddWithoutValidation("Git-Protocol", ProtocolVersion.Two);
        try
        {
            if (authorization is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            }

            using HttpResponseMessage response = await _invoker.SendAsync(request, either.Token);
            return HttpPrimaryReply.IsFailure(response) ? OwnAnswer.Fails
                : HttpPrimaryReply.IsGitAnswer(response) ? OwnAnswer.Serves
                : OwnAnswer.Unknown;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return OwnAnswer.Unknown;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return OwnAnswer.Unknown;
        }
    }

    public void Dispose() => _invoker.Dispose();
}
