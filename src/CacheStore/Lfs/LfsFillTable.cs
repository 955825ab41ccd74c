using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore.Flights;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Lfs;

namespace Waystation.CacheStore.Lfs;

/// <summary>
/// The fills of objects in progress. To join one or to begin one is a single step, so of any number of equal requests exactly one begins.
/// Fills run on the node's token; this table owns their work and awaits it at the end.
/// </summary>
internal sealed class LfsFillTable(StoredObjects objects, StoreMeters meters, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>
    /// Fills that go on though all of their readers have left. They take bandwidth that readers could have, so there are only a few.
    /// </summary>
    private const int MaxUnfollowed = 8;

    private readonly Lock _gate = new();
    private readonly Dictionary<LfsObject, LfsFill> _shared = [];
    private readonly HashSet<LfsFill> _all = [];
    private readonly OwnedWork _work = new();

    /// <summary>Follows the fill in progress, or begins one.</summary>
    public LfsFollowing JoinOrBegin(RepositoryName repository, LfsObject lfsObject, Func<ILfsSink, Task> source, bool isStranger)
    {
        lock (_gate)
        {
            if (_shared.TryGetValue(lfsObject, out LfsFill? fill) && fill.TryAttach(repository, out LfsFollowing? following))
            {
                if (!isStranger)
                {
                    fill.LeaveStrangers();
                }

                return following;
            }

            return Begin(repository, lfsObject, source, isStranger, isShared: true);
        }
    }

    /// <summary>Begins a fill that no other reader joins.</summary>
    public LfsFollowing BeginAlone(RepositoryName repository, LfsObject lfsObject, Func<ILfsSink, Task> source, bool isStranger)
    {
        lock (_gate)
        {
            return Begin(repository, lfsObject, source, isStranger, isShared: false);
        }
    }

    /// <summary>The fills of this repository are not kept for it.</summary>
    public void Forget(RepositoryName repository)
    {
        lock (_gate)
        {
            foreach (LfsFill fill in _all)
            {
                fill.Forget(repository);
            }
        }
    }

    /// <summary>Whether a fill may go on without readers.</summary>
    public bool MayGoOn(LfsFill fill)
    {
        lock (_gate)
        {
            return _all.Count(one => one != fill && one.IsUnfollowed) < MaxUnfollowed;
        }
    }

    /// <summary>The source gave another object.</summary>
    public void Reject(LfsFill fill, string reason)
    {
        meters.LfsRejected();
        logger.ObjectRejected(fill.Repository, fill.Object.Id, reason);
    }

    public ValueTask DisposeAsync() => _work.DisposeAsync();

    /// <summary>The caller has the lock.</summary>
    private LfsFollowing Begin(RepositoryName repository, LfsObject lfsObject, Func<ILfsSink, Task> source, bool isStranger, bool isShared)
    {
        ObjectDisposedException.ThrowIf(_work.Stopping.IsCancellationRequested, this);
        LfsFill? fill = null;
        SpoolFile file = objects.NewSpoolFile(lfsObject, () => fill!.IsOfStrangers);
        fill = new LfsFill(this, repository, lfsObject, file, time, _work.Stopping) { IsOfStrangers = isStranger };
        LfsFollowing following = fill.Start();
        _all.Add(fill);
        if (isShared)
        {
            _shared[lfsObject] = fill;
        }

        _work.Begin(() => RunAsync(fill, source));
        return following;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Any failure ends the fill and reaches its followers, and ends nothing else.")]
    private async Task RunAsync(LfsFill fill, Func<ILfsSink, Task> source)
    {
        long begun = time.GetTimestamp();
        try
        {
            // Another fill may have finished the object after the caller's look at the store.
            LfsFillEnd? end = objects.Contains(fill.Object) ? new LfsFillEnd.Stored() : await AskAsync(fill, source);
            if (end is not null)
            {
                End(fill, end);
            }
            else if (!TryStore(fill, time.GetElapsedTime(begun)))
            {
                fill.File.File.DeleteName();
            }
        }
        catch (Exception e)
        {
            End(fill, new LfsFillEnd.Broken(e.Message));
        }
        finally
        {
            lock (_gate)
            {
                if (_shared.TryGetValue(fill.Object, out LfsFill? current) && current == fill)
                {
                    _shared.Remove(fill.Object);
                }

                _all.Remove(fill);
            }

            fill.Dispose();
        }
    }

    private static async Task<LfsFillEnd?> AskAsync(LfsFill fill, Func<ILfsSink, Task> source)
    {
        await fill.RunAsync(source);
        return fill.Refusal is { } refusal ? new LfsFillEnd.Refused(refusal) : await fill.CompleteAsync();
    }

    private void End(LfsFill fill, LfsFillEnd end)
    {
        fill.EndWith(end);
        if (fill.End is LfsFillEnd.Broken { Reason: var reason })
        {
            logger.ObjectNotFilled(fill.Repository, fill.Object.Id, reason);
        }

        fill.File.File.DeleteName();
    }

    private bool TryStore(LfsFill fill, TimeSpan cost)
    {
        if (fill.Keepers.Count == 0)
        {
            return false;
        }

        try
        {
            fill.File.File.FlushToDisk();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            meters.LfsFailure("cannot write");
            logger.ObjectRefused("cannot write", e);
            return false;
        }

        return objects.TryAdopt(fill.Object, fill.File.File, fill.File.Sums, cost, fill.IsOfStrangers, () => fill.Keepers);
    }
}
