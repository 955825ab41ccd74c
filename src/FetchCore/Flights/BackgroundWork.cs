using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Flights;

/// <summary>
/// Work that outlives the request that began it: at most one piece of a kind per repository, all of it owned here, ended
/// with the node and awaited.
/// </summary>
public sealed class BackgroundWork(ILogger<BackgroundWork> logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Kind, RepositoryName Repository), Piece> _pieces = [];
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>The node stops: nothing begins any more.</summary>
    public bool IsStopping => _stopping.IsCancellationRequested;

    /// <summary>Begins a piece of work, or finds the one under way.</summary>
    /// <param name="kind">What it is, for the log.</param>
    /// <param name="repository">On which repository.</param>
    /// <param name="work">Does it, on the node's token; true where it was of use.</param>
    /// <param name="began">Whether this call began it.</param>
    /// <returns>Its end; never a failure.</returns>
    public Task<bool> JoinOrBegin(string kind, RepositoryName repository, Func<CancellationToken, Task<bool>> work, out bool began)
    {
        ArgumentNullException.ThrowIfNull(work);
        lock (_gate)
        {
            if (_pieces.TryGetValue((kind, repository), out Piece? piece))
            {
                began = false;
                return piece.End.Task;
            }

            began = !_stopping.IsCancellationRequested;
            if (!began)
            {
                return Task.FromResult(false);
            }

            piece = new Piece(
                CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token),
                new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously)
            );
            _pieces[(kind, repository)] = piece;
            _ = RunAsync(kind, repository, work, piece);
            return piece.End.Task;
        }
    }

    /// <summary>The piece of work under way; null where there is none.</summary>
    public Task<bool>? Find(string kind, RepositoryName repository)
    {
        lock (_gate)
        {
            return _pieces.GetValueOrDefault((kind, repository))?.End.Task;
        }
    }

    /// <summary>Ends all work on a repository and waits until it has ended.</summary>
    public async Task CancelAsync(RepositoryName repository)
    {
        Piece[] pieces;
        lock (_gate)
        {
            pieces = [.. _pieces.Where(piece => piece.Key.Repository == repository).Select(static piece => piece.Value)];
        }

        foreach (Piece piece in pieces)
        {
            await piece.CancelAsync();
            await piece.End.Task;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Task<bool>[] pieces;
        await _stopping.CancelAsync();
        lock (_gate)
        {
            pieces = [.. _pieces.Values.Select(static piece => piece.End.Task)];
        }

        await Task.WhenAll(pieces);
        _stopping.Dispose();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever ends a piece of background work must end nothing else.")]
    private async Task RunAsync(string kind, RepositoryName repository, Func<CancellationToken, Task<bool>> work, Piece piece)
    {
        bool done = false;
        await Task.Yield();
        try
        {
            done = await work(piece.Stopping);
        }
        catch (OperationCanceledException) when (piece.Stopping.IsCancellationRequested)
        {
            // The node stops, or this piece is not wanted any more.
        }
        catch (Exception e)
        {
            logger.WorkFailed(repository, kind, e.Message);
        }
        finally
        {
            lock (_gate)
            {
                _pieces.Remove((kind, repository));
            }

            piece.Close();
            piece.End.SetResult(done);
        }
    }

    private sealed class Piece(CancellationTokenSource stopping, TaskCompletionSource<bool> end)
    {
        private readonly Lock _gate = new();
        private bool _closed;

        public TaskCompletionSource<bool> End => end;

        public CancellationToken Stopping { get; } = stopping.Token;

        public Task CancelAsync()
        {
            lock (_gate)
            {
                // The callbacks run apart from here: nothing waits under the lock.
                return _closed ? Task.CompletedTask : stopping.CancelAsync();
            }
        }

        public void Close()
        {
            lock (_gate)
            {
                _closed = true;
                stopping.Dispose();
            }
        }
    }
}
