using System.Globalization;
using Waystation.CacheStore;

namespace Waystation.Proxy.Primaries;

/// <summary>
/// The node's own look whether a primary answers: its front page, in nobody's name, over a connection of its own, read to its end; and
/// whether it
/// serves one repository, in the name of the service credential, or else in nobody's.
/// </summary>
internal sealed class PrimaryProbe(Primary primary, HttpMessageHandler handler, TimeSpan patience, TimeProvider time) : IDisposable
{
    /// <summary>A primary far away makes a connection and a handshake within a second. An answer may take longer: slow is not
    /// down.</summary>
    public static readonly TimeSpan ConnectWithin = TimeSpan.FromSeconds(5);

    /// <summary>Pages may be long; whether this much comes tells enough.</summary>
    private const int MaxRead = 64 * 1024;

    private readonly HttpMessageInvoker _invoker = new(handler);

    /// <summary>What is wrong; null where it answers, whatever it says but for 500, 502, 503 and 504.</summary>
    public async Task<ProbeFailure?> AskAsync(CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, primary.UriOf("/"));
        request.Headers.Host = primary.Authority;
        request.Headers.ConnectionClose = true;
        request.Headers.TryAddWithoutValidation("User-Agent", "waystation");
        try
        {
            using HttpResponseMessage response = await _invoker.SendAsync(request, either.Token);
            if (RepositoryOutages.IsFailure(response))
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
            return new ProbeFailure(wrong, IsReached: false);
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
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            primary.UriOf($"/{primary.HttpPathOf(repository)}/info/refs?service=git-upload-pack")
        );
        request.Headers.Host = primary.Authority;
        request.Headers.ConnectionClose = true;
        request.Headers.TryAddWithoutValidation("User-Agent", "git/waystation");
        // The answer of this version names no ref, so it is small.
        request.Headers.TryAddWithoutValidation("Git-Protocol", "version=2");
        try
        {
            if (primary.Service is { PasswordFile: not null } service && primary.Selects(repository.Path))
            {
                request.Headers.TryAddWithoutValidation("Authorization", ServiceLogin.HeaderOf(service));
            }

            using HttpResponseMessage response = await _invoker.SendAsync(request, either.Token);
            return RepositoryOutages.IsFailure(response) ? OwnAnswer.Fails
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
