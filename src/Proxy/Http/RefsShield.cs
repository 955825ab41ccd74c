using System.Buffers;
using Waystation.Proxy.Primaries;

namespace Waystation.Proxy.Http;

/// <summary>
/// Lets equal questions for refs, by one credential, share one question to the primary. Who comes while one is under way waits until it has
/// landed and shares the next with all who wait then: a shared answer was asked for after each sharer arrived, so no push that was
/// acknowledged before is missed in it.
/// </summary>
internal sealed class RefsShield(TimeProvider time)
{
    /// <summary>Who has waited so long for another's question asks for himself.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();

    /// <summary>The questions under way, and who waits for the next of each.</summary>
    private readonly Dictionary<RefsKey, List<Waiter>> _flights = [];

    /// <summary>Asks, or shares a question that has not been sent yet.</summary>
    /// <param name="key">What makes it equal to another.</param>
    /// <param name="ask">Asks the primary.</param>
    /// <param name="watch">Sees the head of the answer, and may return who is to see its bytes.</param>
    /// <param name="cancellationToken">The client's.</param>
    public async Task<RefsAnswer> AskAsync(
        RefsKey key, Func<CancellationToken, Task<HttpPrimaryReply>> ask, Func<HttpPrimaryReply, ReadOnlySpanAction<byte, object?>?> watch,
        CancellationToken cancellationToken)
    {
        var waiter = new Waiter(flight => _ = flight.RunAsync(ask, watch));
        lock (_gate)
        {
            if (_flights.TryGetValue(key, out List<Waiter>? waiting))
            {
                waiting.Add(waiter);
            }
            else
            {
                _flights.Add(key, []);
                Launch(key, [waiter]);
            }
        }

        (RefsFlight Flight, bool Leads) place = await PlaceAsync(key, waiter, cancellationToken);
        if (place.Leads)
        {
            return await place.Flight.LeadAsync(cancellationToken);
        }

        if (await place.Flight.FollowAsync(cancellationToken) is { } shared)
        {
            return shared;
        }

        var alone = new RefsFlight(0, static () => { });
        waiter.Run(alone);
        return await alone.LeadAsync(cancellationToken);
    }

    private async Task<(RefsFlight Flight, bool Leads)> PlaceAsync(RefsKey key, Waiter waiter, CancellationToken cancellationToken)
    {
        try
        {
            return await waiter.Place.Task.WaitAsync(s_patience, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            lock (_gate)
            {
                if (_flights.TryGetValue(key, out List<Waiter>? waiting) && waiting.Remove(waiter) && e is TimeoutException)
                {
                    var alone = new RefsFlight(0, static () => { });
                    waiter.Run(alone);
                    return (alone, true);
                }
            }

            if (e is TimeoutException)
            {
                return await waiter.Place.Task;
            }

            if (waiter.Place.Task.IsCompletedSuccessfully)
            {
                // It was given a place at the last moment, and others may count on it.
                (RefsFlight flight, bool leads) = await waiter.Place.Task;
                (leads ? (Action)flight.LeaveLead : flight.LeaveHold)();
            }

            throw;
        }
    }

    /// <summary>Sends the question of the first for all of them; the caller has the lock.</summary>
    private void Launch(RefsKey key, List<Waiter> sharers)
    {
        var flight = new RefsFlight(sharers.Count - 1, () => Land(key));
        for (int i = 0; i < sharers.Count; i++)
        {
            sharers[i].Place.SetResult((flight, i == 0));
        }

        sharers[0].Run(flight);
    }

    private void Land(RefsKey key)
    {
        lock (_gate)
        {
            List<Waiter> waiting = _flights[key];
            if (waiting.Count == 0)
            {
                _flights.Remove(key);
                return;
            }

            _flights[key] = [];
            Launch(key, waiting);
        }
    }

    /// <param name="Run">Sends this one's question on a flight.</param>
    private sealed record Waiter(Action<RefsFlight> Run)
    {
        public TaskCompletionSource<(RefsFlight Flight, bool Leads)> Place { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
