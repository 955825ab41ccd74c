using System.Globalization;
using Waystation.FetchCore.Primaries.Errors;
using Waystation.Primaries.Gate;
using Waystation.Primaries.Http.Connections;
using Waystation.Primaries.Http.Responses;

namespace Waystation.Primaries.Http;

/// <summary>
/// The way of HTTP requests through <see cref="PrimaryGate"/>. A read is sent, sent once more if its failure may have been bad luck, and
/// its response is watched to its end.
/// </summary>
public sealed class HttpGate
{
    /// <summary>The wait before a failed read is sent once more.</summary>
    private static readonly TimeSpan s_secondTry = TimeSpan.FromMilliseconds(200);

    private readonly HttpMessageInvoker _invoker;
    private readonly HttpMessageInvoker _fresh;
    private readonly PrimaryGate _gate;
    private readonly TimeProvider _time;

    /// <param name="invoker">Shared connections.</param>
    /// <param name="fresh">Opens a new connection for each request.</param>
    /// <param name="gate">The gate.</param>
    /// <param name="time">The clock.</param>
    public HttpGate(HttpMessageInvoker invoker, HttpMessageInvoker fresh, PrimaryGate gate, TimeProvider time) =>
        (_invoker, _fresh, _gate, _time, Challenges) = (invoker, fresh, gate, time, new LastChallenges(time));

    /// <summary>The primary's last challenges.</summary>
    public LastChallenges Challenges { get; }

    /// <inheritdoc cref="PrimaryGate.IsOut"/>
    public bool IsOut(CacheStore.RepositoryName repository, FetchCore.Access.Credential credential) => _gate.IsOut(repository, credential);

    /// <summary>Sends a read. Disposing the response gives its place to the next read.</summary>
    /// <param name="read">The read.</param>
    /// <param name="make">Makes the request, for each time that it is sent.</param>
    /// <param name="cancellationToken">The asker's token.</param>
    /// <exception cref="PrimaryOutageException">An outage.</exception>
    /// <exception cref="PrimaryBusyException">This credential must come again later.</exception>
    /// <exception cref="PrimaryException">Only this request has failed.</exception>
    public async Task<HttpResponseMessage> SendAsync(UpstreamRead read, Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(make);
        if (!read.AsksForRefs)
        {
            return await SendOnceAsync(read, make, cancellationToken);
        }

        int? known = _gate.Repositories.StatusOf(read.Repository);
        if (known is { } said && _gate.Pauses.IsPaused(read.Repository, read.Credential))
        {
            throw new PrimaryOutageException(Words(said), said);
        }

        HttpResponseMessage response = await SendOnceAsync(read, make, cancellationToken);
        if (!HttpPrimaryReply.IsFailure(response))
        {
            return response;
        }

        if (known is null)
        {
            // Once may be bad luck.
            response.Dispose();
            await Task.Delay(s_secondTry, _time, cancellationToken);
            response = await SendOnceAsync(read, make, cancellationToken);
            if (!HttpPrimaryReply.IsFailure(response))
            {
                _gate.Health.NoteUneven();
                return response;
            }
        }

        try
        {
            int status = (int)response.StatusCode;
            if (!await _gate.Repositories.JudgeAsync(read, status, cancellationToken))
            {
                // A failure of this credential only: it gets the primary's response.
                return response;
            }

            _gate.Pauses.Begin(read.Repository, read.Credential);
            throw await AnsweredOutageException.FromAsync(Words(status), response, _time, cancellationToken);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request without checks, but waits no longer than it takes to find an outage.</summary>
    public Task<HttpResponseMessage> TryAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        TryAsync(_invoker, request, cancellationToken);

    private async Task<HttpResponseMessage> TryAsync(
        HttpMessageInvoker over,
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<HttpResponseMessage> sending = over.SendAsync(request, giveUp.Token);
        if (await _gate.Health.EndsAsync(sending, PrimaryGate.Patience))
        {
            return await sending;
        }

        await giveUp.CancelAsync();
        Abandon(sending);
        throw _gate.Health.Failure();
    }

    private async Task<HttpResponseMessage> SendOnceAsync(
        UpstreamRead read,
        Func<HttpRequestMessage> make,
        CancellationToken cancellationToken
    )
    {
        IDisposable place = await _gate.EnterAsync(read, cancellationToken);
        HttpResponseMessage? response = null;
        try
        {
            response = await TryAgainAsync(read, make, cancellationToken);
            response.Content = new MonitoredContent(
                response.Content,
                HttpPrimaryReply.IsGitAnswer(response),
                _gate.Health,
                place,
                PrimaryGate.Patience
            );
            RetryAfter.Note(_gate.Holds, read, response, _time);
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
            throw await _gate.JudgeAsync(reason, e);
        }
    }

    /// <summary>
    /// Sends a read, and sends it again over a new connection if the primary closed a used connection before the first byte of a response:
    /// it may have been closing it already, and a read may be sent twice.
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
            return await TryAsync(_fresh, again, cancellationToken);
        }
    }

    /// <exception cref="PrimaryOutageException">The response is that of an outage.</exception>
    private async Task NoteAnswerAsync(UpstreamRead read, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!HttpPrimaryReply.IsFailure(response))
        {
            _gate.Pauses.End(read.Repository, read.Credential);
            if (response.IsSuccessStatusCode)
            {
                _gate.Repositories.NoteServed(read.Repository);
            }

            return;
        }

        string says = string.Create(CultureInfo.InvariantCulture, $"it answers {(int)response.StatusCode}");
        if (await _gate.Health.JudgeAsync(says, isStatus: true))
        {
            _gate.Pauses.Begin(read.Repository, read.Credential);
            throw await AnsweredOutageException.FromAsync(says, response, _time, cancellationToken);
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
