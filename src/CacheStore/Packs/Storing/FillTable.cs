using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore.Flights;
using Waystation.CacheStore.Packs.Filling;
using Waystation.CacheStore.Streams;

namespace Waystation.CacheStore.Packs.Storing;

/// <summary>
/// The fills in progress, by key. To join one or to begin one is a single step, so of any number of equal requests exactly one begins. It
/// has a table of its own, because a fill is read while it is in progress, and one whose start is gone cannot be joined. Fills run on the
/// node's token; this table owns their work and awaits it at the end.
/// </summary>
public sealed class FillTable(DiskPackTier store, PackAdmission admission, TimeProvider time, ILogger<FillTable> logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PackKey, Fill> _fills = [];
    private readonly OwnedWork _work = new();

    /// <summary>
    /// Attaches a reader to the fill in progress of this key, or begins a fill with <paramref name="make"/>.
    /// </summary>
    /// <param name="plan">The plan of the fill.</param>
    /// <param name="make">
    /// Makes the pack: calls <see cref="Fill.Begin"/>, the writing members and <see cref="Fill.CompleteAsync"/>, and returns the outcome.
    /// It runs on the node's token, apart from the caller.
    /// </param>
    /// <param name="began">True if this call began the fill.</param>
    /// <param name="patience">How long the reader follows a silent fill; <see cref="Fill.Patience"/> by default.</param>
    /// <param name="mayWaitForKeeper">Whether it may join a fill that <see cref="Fill.IsAtKeeper"/>.</param>
    public FillReader JoinOrBegin(
        FillPlan plan,
        Func<Fill, Task<FillOutcome>> make,
        out bool began,
        TimeSpan? patience = null,
        bool mayWaitForKeeper = true
    )
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(make);
        lock (_gate)
        {
            if (
                _fills.TryGetValue(plan.Key, out Fill? fill)
                && (mayWaitForKeeper || !fill.IsAtKeeper)
                && fill.TryAttach(patience ?? Fill.Patience, out FillReader? follower)
            )
            {
                began = false;
                if (!plan.IsOfStranger)
                {
                    fill.LeaveStrangers();
                }

                return follower;
            }

            began = true;
            return Begin(plan, make, isShared: true);
        }
    }

    /// <summary>Begins a fill that no reader joins and that is not kept.</summary>
    public FillReader BeginAlone(FillPlan plan, Func<Fill, Task<FillOutcome>> make)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(make);
        lock (_gate)
        {
            return Begin(plan, make, isShared: false);
        }
    }

    /// <summary>Attaches one more reader to the fill of this key; null if there is none that can be followed from its start.</summary>
    public FillReader? TryFollow(PackKey key)
    {
        lock (_gate)
        {
            return _fills.TryGetValue(key, out Fill? fill) && fill.TryAttach(Timeout.InfiniteTimeSpan, out FillReader? reader)
                ? reader
                : null;
        }
    }

    /// <summary>From now on no reader joins the fills of this repository, and they are not kept. Present followers are served to the
    /// end.</summary>
    public void KeepNothing(RepositoryName repository)
    {
        lock (_gate)
        {
            foreach (Fill fill in _fills.Values.Where(fill => fill.Plan.Repository == repository).ToList())
            {
                fill.KeepNothing();
                _fills.Remove(fill.Plan.Key);
            }
        }
    }

    /// <summary>Whether no fill is in progress or being stored.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _fills.Count == 0;
            }
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _work.DisposeAsync();

    /// <summary>The caller has the lock.</summary>
    private FillReader Begin(FillPlan plan, Func<Fill, Task<FillOutcome>> make, bool isShared)
    {
        ObjectDisposedException.ThrowIf(_work.Stopping.IsCancellationRequested, this);
        Fill? fill = null;
        fill = new Fill(plan, store.NewSpoolFile(() => fill!.IsOfStrangers), time, _work.Stopping);
        FillReader reader = fill.Start();
        if (isShared)
        {
            _fills[plan.Key] = fill;
        }
        else
        {
            fill.KeepToStarter();
        }

        _work.Begin(() => RunAsync(fill, make));
        return reader;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Any failure ends the fill and reaches its followers, and ends nothing else.")]
    private async Task RunAsync(Fill fill, Func<Fill, Task<FillOutcome>> make)
    {
        long begun = time.GetTimestamp();
        try
        {
            // Another fill may have finished the pack after the caller's look at the store.
            FillOutcome outcome = store.Contains(fill.Plan.Key) ? FillOutcome.Stored : await make(fill);
            if (fill.File.State != FillState.Whole)
            {
                await EndAsync(fill, outcome);
            }
            else if (!await StoreAsync(fill, time.GetElapsedTime(begun)))
            {
                fill.File.File.DeleteName();
            }
        }
        catch (Exception e)
        {
            await EndAsync(fill, new FillOutcome.Broken(e.Message));
        }
        finally
        {
            lock (_gate)
            {
                if (_fills.TryGetValue(fill.Plan.Key, out Fill? current) && current == fill)
                {
                    _fills.Remove(fill.Plan.Key);
                }
            }

            fill.Dispose();
        }
    }

    private async Task EndAsync(Fill fill, FillOutcome outcome)
    {
        await fill.EndAsync(outcome);
        if (outcome != FillOutcome.Stored)
        {
            logger.FillEnded(fill.Plan.Repository, fill.Plan.Key, outcome.Reason);
        }

        fill.File.File.DeleteName();
    }

    private async Task<bool> StoreAsync(Fill fill, TimeSpan cost) =>
        fill.IsStorable
        && (fill.Plan.KeepAtOnce || admission.WasAskedAgain(fill.Plan.Repository, fill.Plan.Key, fill.IsOfStrangers))
        && await store.TryAdoptAsync(fill, cost);
}
