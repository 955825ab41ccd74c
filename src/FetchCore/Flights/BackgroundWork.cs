using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Flights;

/// <summary>
/// Work that outlives the request that began it: at most one piece of a kind per repository, all of it owned here, ended
/// with the node and awaited.
/// </summary>
public sealed class BackgroundWork : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly SingleFlight<(string Kind, RepositoryName Repository), bool> _pieces;
    private readonly ILogger<BackgroundWork> _logger;

    public BackgroundWork(ILogger<BackgroundWork> logger) =>
        (_logger, _pieces) = (logger, new SingleFlight<(string, RepositoryName), bool>(_stopping.Token));

    /// <summary>The node stops: nothing begins any more.</summary>
    public bool IsStopping => _stopping.IsCancellationRequested;

    /// <summary>Begins a piece of work, or joins the one in progress.</summary>
    /// <param name="kind">The kind of work, for the log.</param>
    /// <param name="repository">The repository.</param>
    /// <param name="work">Does the work, on the node's token; true if it was of use.</param>
    /// <param name="began">Whether this call began it.</param>
    /// <returns>Its end; it never fails.</returns>
    public Task<bool> JoinOrBegin(string kind, RepositoryName repository, Func<CancellationToken, Task<bool>> work, out bool began)
    {
        ArgumentNullException.ThrowIfNull(work);
        Task<bool> end = _pieces.JoinOrBegin((kind, repository), stopping => RunAsync(kind, repository, work, stopping), out began);
        return end.IsCanceled ? Task.FromResult(false) : end;
    }

    /// <summary>The piece of work in progress; null if there is none.</summary>
    public Task<bool>? Find(string kind, RepositoryName repository) => _pieces.Find((kind, repository));

    /// <summary>Ends all work on a repository and waits until it has ended.</summary>
    public Task CancelAsync(RepositoryName repository) => _pieces.EndAsync(piece => piece.Repository == repository);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _pieces.EndAsync(static _ => true);
        _stopping.Dispose();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever ends a piece of background work must end nothing else.")]
    private async Task<bool> RunAsync(
        string kind,
        RepositoryName repository,
        Func<CancellationToken, Task<bool>> work,
        CancellationToken stopping
    )
    {
        using Activity? span = Spans.Begin(kind)?.SetTag("repository", repository.ToString());
        try
        {
            return await work(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The node stops, or this piece is not wanted any more.
        }
        catch (Exception e)
        {
            span?.SetStatus(ActivityStatusCode.Error, e.Message);
            _logger.WorkFailed(repository, kind, e.Message);
        }

        return false;
    }
}
