using System.Globalization;

namespace Waystation.Proxy.Primaries;

/// <summary>The node's own look whether a primary answers: its front page, in nobody's name, over a connection of its own, read to its end.</summary>
internal sealed class PrimaryProbe(Primary primary, HttpMessageHandler handler, TimeProvider time) : IDisposable
{
    /// <summary>A primary far away makes a connection and a handshake within a second.</summary>
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    /// <summary>Pages may be long; whether this much comes tells enough.</summary>
    private const int MaxRead = 64 * 1024;

    private readonly HttpMessageInvoker _invoker = new(handler);

    /// <summary>What is wrong; null where it answers, whatever it says but for 500, 502, 503 and 504.</summary>
    public async Task<ProbeFailure?> AskAsync(CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(s_timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, primary.UriOf("/"));
        request.Headers.Host = primary.Authority;
        request.Headers.ConnectionClose = true;
        request.Headers.TryAddWithoutValidation("User-Agent", "waystation");
        try
        {
            using HttpResponseMessage response = await _invoker.SendAsync(request, either.Token);
            if (RepositoryCircuits.IsFailure(response))
            {
                return new ProbeFailure(string.Create(CultureInfo.InvariantCulture, $"it answers {(int)response.StatusCode}"), IsReached: true);
            }

            await using Stream body = await response.Content.ReadAsStreamAsync(either.Token);
            byte[] page = new byte[MaxRead];
            _ = await body.ReadAtLeastAsync(page, page.Length, throwOnEndOfStream: false, either.Token);
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ProbeFailure($"no answer within {s_timeout.TotalSeconds:0} s", IsReached: false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new ProbeFailure(e.Message, IsReached: false);
        }
    }

    public void Dispose() => _invoker.Dispose();
}
