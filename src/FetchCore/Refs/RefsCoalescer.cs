using Waystation.CacheStore.Packs.Filling;
using Waystation.FetchCore.Observing;

namespace Waystation.FetchCore.Refs;

/// <summary>
/// Coalesces equal questions for refs by one credential, as <see cref="Flights.NextFlight{TKey, TAnswer}"/> does, and streams the response.
/// A client that finds a question in flight waits until it has landed, and shares the next one with all that wait then, so a shared answer
/// is never older than the client's question. A question that hangs holds up only its own asker. It is a class of its own because its
/// leader needs the response before its end.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="meters">Counts the clients that wait.</param>
public sealed class RefsCoalescer(TimeProvider time, FetchMeters meters)
{
    /// <summary>
    /// A client waits no longer than this for another's question, or for a byte of a shared response. A primary that is far away and slow
    /// still answers in this time.
    /// </summary>
    private static readonly TimeSpan s_patience = Fill.Patience;

    /// <summary>Questions of others that hung; after so many, each asks for itself.</summary>
    private const int MaxAttempts = 3;

    private readonly Lock _gate = new();

    /// <summary>The questions in flight, and the waiters for the next of each.</summary>
    private readonly Dictionary<RefsKey, Line> _lines = [];

    /// <summary>Asks, or shares a question that was not sent yet.</summary>
    /// <param name="key">The key; equal questions have equal keys.</param>
    /// <param name="leader">Asks the primary and sees the response, if this question is the one that is sent.</param>
    /// <param name="cancellationToken">The client's token.</param>
    internal async Task<RefsAnswer> AskAsync(RefsKey key, IRefsLeader leader, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            // They wait longer each time, so that not all of them ask a primary that is slow for all.
            TimeSpan patience = s_patience * (1 << attempt);
            var waiter = new Waiter(flight => _ = flight.RunAsync(leader));
            (CoalescedRefs Flight, bool Leads) place = Board(key, waiter) is { } ahead
                ? await PlaceAsync(key, waiter, ahead, patience, cancellationToken)
                : await waiter.Place.Task;
            if (place.Leads)
            {
                return await place.Flight.AskPrimaryAsync(cancellationToken);
            }

            if (await place.Flight.FollowAsync(patience, cancellationToken) is { } shared)
            {
                return shared;
            }

            if (!place.Flight.WasSilent)
            {
                break;
            }
        }

        var alone = new CoalescedRefs(0, time, static _ => { });
        _ = alone.RunAsync(leader);
        return await alone.AskPrimaryAsync(cancellationToken);
    }

    /// <summary>Takes a place on the next question. If a question is in flight, it returns that one, to be waited for.</summary>
    private CoalescedRefs? Board(RefsKey key, Waiter waiter)
    {
        lock (_gate)
        {
            if (_lines.TryGetValue(key, out Line? line))
            {
                line.Waiting.Add(waiter);
                return line.Current;
            }

            Launch(key, [waiter]);
            return null;
        }
    }

    private async Task<(CoalescedRefs Flight, bool Leads)> PlaceAsync(
        RefsKey key,
        Waiter waiter,
        CoalescedRefs ahead,
        TimeSpan patience,
        CancellationToken cancellationToken
    )
    {
        meters.RefsWait();
        try
        {
            return await waiter.Place.Task.WaitAsync(patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // All waiters behind it go on together.
            ahead.Complete();
            return await waiter.Place.Task;
        }
        catch (OperationCanceledException)
        {
            lock (_gate)
            {
                if (_lines.TryGetValue(key, out Line? line) && line.Waiting.Remove(waiter))
                {
                    throw;
                }
            }

            // It got a place at the last moment, and others may wait for it.
            (CoalescedRefs flight, bool leads) = await waiter.Place.Task;
            (leads ? (Action)flight.EndLead : flight.EndHold)();
            throw;
        }
        finally
        {
            meters.RefsWaited();
        }
    }

    /// <summary>Sends the question of the first for all of them; the caller has the lock.</summary>
    private void Launch(RefsKey key, List<Waiter> sharers)
    {
        var flight = new CoalescedRefs(sharers.Count - 1, time, landed => Complete(key, landed));
        _lines[key] = new Line(flight);
        for (int i = 0; i < sharers.Count; i++)
        {
            sharers[i].Place.SetResult((flight, i == 0));
        }

        sharers[0].Run(flight);
    }

    private void Complete(RefsKey key, CoalescedRefs landed)
    {
        lock (_gate)
        {
            if (!_lines.TryGetValue(key, out Line? line) || line.Current != landed)
            {
                return;
            }

            if (line.Waiting.Count == 0)
            {
                _lines.Remove(key);
                return;
            }

            Launch(key, line.Waiting);
        }
    }

    /// <summary>A question in flight, and the waiters for the next one.</summary>
    private sealed class Line(CoalescedRefs current)
    {
        public CoalescedRefs Current => current;

        public List<Waiter> Waiting { get; } = [];
    }

    /// <param name="Run">Sends the question of this waiter.</param>
    private sealed record Waiter(Action<CoalescedRefs> Run)
    {
        public TaskCompletionSource<(CoalescedRefs Flight, bool Leads)> Place { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
