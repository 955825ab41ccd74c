using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore;

namespace Waystation.FetchCore.Work;

/// <summary>
/// Work that outlives the request that began it: at most one piece of a kind per repository, all of it owned here, ended
/// with the node and awaited.
/// </summary>
public sealed class BackgroundWork(ILogger<BackgroundWork> logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Kind, RepositoryName Repository), Task<bool>> _pieces = [];
    private readonly CancellationTokenSource _stopping = new();

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
            if (_pieces.TryGetValue((kind, repository), out Task<bool>? piece))
            {
                began = false;
                return piece;
            }

            began = !_stopping.IsCancellationRequested;
            if (!began)
            {
                return Task.FromResult(false);
            }

            var end = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            _pieces[(kind, repository)] = end.Task;
            _ = RunAsync(kind, repository, work, end);
            return end.Task;
        }
    }

    /// <summary>The piece of work under way; null where there is none.</summary>
    public Task<bool>? Find(string kind, RepositoryName repository)
    {
        lock (_gate)
        {
            return _pieces.GetValueOrDefault((kind, repository));
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Task<bool>[] pieces;
        await _stopping.CancelAsync();
        lock (_gate)
        {
            pieces = [.. _pieces.Values];
        }

        await Task.WhenAll(pieces);
        _stopping.Dispose();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever ends a piece of background work must end nothing else.")]
    private async Task RunAsync(string kind, RepositoryName repository, Func<CancellationToken, Task<bool>> work, TaskCompletionSource<bool> end)
    {
        bool done = false;
        await Task.Yield();
        try
        {
            done = await work(_stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The node stops.
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

            end.SetResult(done);
        }
    }
}
