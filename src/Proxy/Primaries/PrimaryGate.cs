using System.Globalization;
using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Primaries;

namespace Waystation.Proxy.Primaries;

/// <summary>
/// What every read passes on its way to the primary. It is sent only where it may be and can be, and what comes of it is noted.
/// <code>
///   read ──► held (429)? ──► out, and this credential's own question failed just now? ──► room? ──► sent ──► answer, watched to its end
/// </code>
/// As long as something answers for the primary, nobody is told of the outage before his own question has failed: who was refused meanwhile
/// hears so.
/// Pushes and all else go round it: they are tried once, whatever is known.
/// </summary>
internal sealed class PrimaryGate(
    HttpMessageInvoker invoker,
    HttpMessageInvoker fresh,
    PrimaryHealth health,
    RepositoryOutages repositories,
    ReadBudget budget,
    TimeProvider time
)
{
    /// <summary>A primary may think for long; but after each such time in silence the node sees for itself whether it is there.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Before what failed is asked once more.</summary>
    private static readonly TimeSpan s_secondTry = TimeSpan.FromMilliseconds(200);

    private readonly CredentialPauses _pauses = new(time);

    /// <summary>In an outage, for a look whether it is over: enough for a connection and a handshake far away.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    public CredentialHolds Holds { get; } = new(time);

    public LastChallenges Challenges { get; } = new();

    /// <summary>A question for refs by this credential would not be sent now.</summary>
    public bool IsOut(RepositoryName repository, Credential credential) =>
        (health.IsOut && !health.IsReached)
        || ((health.IsOut || repositories.StatusOf(repository) is not null) && _pauses.IsPaused(repository, credential));

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

        int? known = repositories.StatusOf(read.Repository);
        if (known is { } said && _pauses.IsPaused(read.Repository, read.Credential))
        {
            throw new PrimaryOutageException(Words(said), said);
        }

        HttpResponseMessage response = await SendOnceAsync(read, make, cancellationToken);
        if (!RepositoryOutages.IsFailure(response))
        {
            return response;
        }

        if (known is null)
        {
            // Once may be bad luck.
            response.Dispose();
            await Task.Delay(s_secondTry, time, cancellationToken);
            response = await SendOnceAsync(read, make, cancellationToken);
            if (!RepositoryOutages.IsFailure(response))
            {
                health.NoteUneven();
                return response;
            }
        }

        try
        {
            int status = (int)response.StatusCode;
            if (!await repositories.JudgeAsync(read, status, cancellationToken))
            {
                // This credential's alone: it is told what the primary says to it.
                return response;
            }

            _pauses.Begin(read.Repository, read.Credential);
            throw await AnsweredOutageException.FromAsync(Words(status), response, time, cancellationToken);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request whatever is known, but waits in vain no longer than it takes to find an outage.</summary>
    public Task<HttpResponseMessage> TryAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        TryAsync(invoker, request, cancellationToken);

    private async Task<HttpResponseMessage> TryAsync(
        HttpMessageInvoker over,
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<HttpResponseMessage> sending = over.SendAsync(request, giveUp.Token);
        if (await health.EndsAsync(sending, s_patience))
        {
            return await sending;
        }

        await giveUp.CancelAsync();
        Abandon(sending);
        throw health.Failure();
    }

    private async Task<HttpResponseMessage> SendOnceAsync(
        UpstreamRead read,
        Func<HttpRequestMessage> make,
        CancellationToken cancellationToken
    )
    {
        Holds.ThrowIfHeld(read.Repository, read.Credential);
        if (health.IsOut && !MayAskAllTheSame(read) && !await health.HasReturnedAsync(s_look) && !MayAskAllTheSame(read))
        {
            throw health.Failure();
        }

        IDisposable place = await budget.EnterAsync(cancellationToken);
        HttpResponseMessage? response = null;
        try
        {
            response = await TryAgainAsync(read, make, cancellationToken);
            response.Content = new WatchedContent(response.Content, HttpPrimaryReply.IsGitAnswer(response), health, place, s_patience);
            Holds.Note(read.Repository, read.Credential, response);
            Challenges.Note(read, response);
            await NoteAnswerAsync(read, response, cancellationToken);
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

    /// <summary>
    /// Sends a read, and sends it again over a connection of its own where the primary closed a used one before it said a word: it may have
    /// been closing it
    /// just then, and a read may be made twice.
    /// </summary>
    private async Task<HttpResponseMessage> TryAgainAsync(
        UpstreamRead read,
        Func<HttpRequestMessage> make,
        CancellationToken cancellationToken
    )
    {
        HttpRequestMessage request = make();
        RequestTrace trace = RequestTrace.Begin(request);
        try
        {
            return await TryAsync(request, cancellationToken);
        }
        catch (HttpRequestException)
            when (read.IsRepeatable && trace is { IsReused: true, HasAnswer: false } && !cancellationToken.IsCancellationRequested)
        {
            HttpRequestMessage again = make();
            RequestTrace.Begin(again);
            return await TryAsync(fresh, again, cancellationToken);
        }
    }

    /// <summary>In an outage: something answers for the primary, and what it answers to this credential is not known.</summary>
    private bool MayAskAllTheSame(UpstreamRead read) =>
        read.AsksForRefs && health.IsReached && !_pauses.IsPaused(read.Repository, read.Credential);

    /// <exception cref="PrimaryOutageException">It is the answer of a primary that is out.</exception>
    private async Task NoteAnswerAsync(UpstreamRead read, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!RepositoryOutages.IsFailure(response))
        {
            _pauses.End(read.Repository, read.Credential);
            if (response.IsSuccessStatusCode)
            {
                repositories.NoteServed(read.Repository);
            }

            return;
        }

        string says = string.Create(CultureInfo.InvariantCulture, $"it answers {(int)response.StatusCode}");
        if (await health.JudgeAsync(says, isStatus: true))
        {
            _pauses.Begin(read.Repository, read.Credential);
            throw await AnsweredOutageException.FromAsync(says, response, time, cancellationToken);
        }
    }

    private static string Words(int status) => string.Create(CultureInfo.InvariantCulture, $"it answers {status} for this repository");

    private static void Abandon(Task<HttpResponseMessage> sending) =>
        _ = sending.ContinueWith(
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
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
}
