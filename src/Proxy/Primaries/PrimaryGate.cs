using System.Globalization;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;

namespace Waystation.Proxy.Primaries;

/// <summary>
/// What every read passes on its way to the primary. It is sent only where it may be and can be, and what comes of it is noted.
/// <code>
///   read ──► held (429)? ──► primary out? ──► repository out? ──► room? ──► sent ──► answer, watched to its end
/// </code>
/// Pushes and all else go round it: they are tried once, whatever is known.
/// </summary>
internal sealed class PrimaryGate(HttpMessageInvoker invoker, PrimaryHealth health, ReadBudget budget, TimeProvider time)
{
    /// <summary>A primary may think for long; but after each such time in silence the node sees for itself whether it is there.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Before what failed is asked once more.</summary>
    private static readonly TimeSpan s_secondTry = TimeSpan.FromMilliseconds(200);

    private readonly RepositoryCircuits _repositories = new(time);

    /// <summary>In an outage, for a look whether it is over: enough for a connection and a handshake far away.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    public CredentialHolds Holds { get; } = new(time);

    public LastChallenges Challenges { get; } = new();

    public bool IsOut(RepositoryName repository) => health.IsOut || _repositories.IsOpen(repository);

    /// <summary>Sends a read; disposing the answer gives its place to the next.</summary>
    /// <param name="read">What it is.</param>
    /// <param name="make">Makes the request, for each time that it is sent.</param>
    /// <param name="cancellationToken">The asker's.</param>
    /// <exception cref="PrimaryOutageException">An outage.</exception>
    /// <exception cref="PrimaryBusyException">This credential is to come again later.</exception>
    /// <exception cref="PrimaryException">This request alone has failed.</exception>
    public async Task<HttpResponseMessage> SendAsync(UpstreamRead read, Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        if (!read.AsksForRefs)
        {
            return await SendOnceAsync(read, make, cancellationToken);
        }

        HttpResponseMessage response = await _repositories.SendAsync(read.Repository, () => SendOnceAsync(read, make, cancellationToken));
        if (!RepositoryCircuits.IsFailure(response))
        {
            return response;
        }

        // Once may be bad luck; what the node asks itself says whether the repository is out.
        response.Dispose();
        await Task.Delay(s_secondTry, time, cancellationToken);
        return await _repositories.SendAsync(read.Repository, () => SendOnceAsync(read, make, cancellationToken));
    }

    /// <summary>Sends a request whatever is known, but waits in vain no longer than it takes to find an outage.</summary>
    public async Task<HttpResponseMessage> TryAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<HttpResponseMessage> sending = invoker.SendAsync(request, giveUp.Token);
        if (await health.EndsAsync(sending, s_patience))
        {
            return await sending;
        }

        await giveUp.CancelAsync();
        Abandon(sending);
        throw health.Failure();
    }

    private async Task<HttpResponseMessage> SendOnceAsync(UpstreamRead read, Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        Holds.ThrowIfHeld(read.Credential);
        if (health.IsOut && !(read.AsksForRefs && health.TryTakeTrial()) && !await health.HasReturnedAsync(s_look))
        {
            throw health.Failure();
        }

        IDisposable place = await budget.EnterAsync(cancellationToken);
        HttpResponseMessage? response = null;
        try
        {
            response = await TryAsync(make(), cancellationToken);
            response.Content = new WatchedContent(response.Content, HttpPrimaryReply.IsGitAnswer(response), health, place, s_patience);
            Holds.Note(read.Credential, response);
            Challenges.Note(read.Repository, response);
            if (RepositoryCircuits.IsFailure(response) && await health.JudgeAsync(string.Create(CultureInfo.InvariantCulture, $"it answers {(int)response.StatusCode}"), isStatus: true))
            {
                throw new PrimaryOutageException(string.Create(CultureInfo.InvariantCulture, $"it answers {(int)response.StatusCode}"), (int)response.StatusCode);
            }

            return response;
        }
        catch (Exception e)
        {
            response?.Dispose();
            place.Dispose();
            if (cancellationToken.IsCancellationRequested || e is not (HttpRequestException or OperationCanceledException))
            {
                throw;
            }

            string reason = e is HttpRequestException ? e.Message : "connecting took too long";
            throw await health.JudgeAsync(reason) ? health.Failure(e) : new PrimaryException(reason, e);
        }
    }

    private static void Abandon(Task<HttpResponseMessage> sending) => _ = sending.ContinueWith(
        static ended =>
        {
            if (ended.IsCompletedSuccessfully)
            {
                ended.Result.Dispose();
            }
            else
            {
                _ = ended.Exception;
            }
        },
        CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
