using System.Buffers;
using Waystation.CacheStore.Packs;
using Waystation.Primaries.Http;

namespace Waystation.Proxy.Http;

/// <summary>
/// Lets equal questions for refs, by one credential, share one question to the primary. Who comes while one is under way waits until it has
/// landed and shares the next with all who wait then: a shared answer was asked for after each sharer arrived, so no push that was
/// acknowledged before is missed in it. A question that hangs holds up only the one who asks it: the others wait a bounded moment, and ask
/// anew.
/// </summary>
internal sealed class RefsShield(TimeProvider time)
{
    /// <summary>
    /// Who has waited so long for another's question, or for a word of the answer to a shared one, waits for it no more. A primary that is
    /// far
    /// away and slow still answers in this time.
    /// </summary>
    private static readonly TimeSpan s_patience = Fill.Patience;

    /// <summary>Questions of others that hung; after so many, each asks for itself.</summary>
    private const int MaxAttempts = 3;

    private readonly Lock _gate = new();

    /// <summary>The questions under way, and who waits for the next of each.</summary>
    private readonly Dictionary<RefsKey, Line> _lines = [];

    /// <summary>Asks, or shares a question that has not been sent yet.</summary>
    /// <param name="key">What makes it equal to another.</param>
    /// <param name="ask">Asks the primary.</param>
    /// <param name="watch">Sees the head of the answer, and may return who is to see its bytes.</param>
    /// <param name="cancellationToken">The client's.</param>
    public async Task<RefsAnswer> AskAsync(
        RefsKey key,
        Func<CancellationToken, Task<HttpPrimaryReply>> ask,
        Func<HttpPrimaryReply, ReadOnlySpanAction<byte, object?>?> watch,
        CancellationToken cancellationToken
    )
    {
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            // A primary that is slow for all is not asked by all of them: they wait longer each time.
            TimeSpan patience = s_patience * (1 << attempt);
            var waiter = new Waiter(flight => _ = flight.RunAsync(ask, watch));
            (RefsFlight Flight, bool Leads) place = await PlaceAsync(key, waiter, Board(key, waiter), patience, cancellationToken);
            if (place.Leads)
            {
                return await place.Flight.LeadAsync(cancellationToken);
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

        var alone = new RefsFlight(0, time, static _ => { });
        _ = alone.RunAsync(ask, watch);
        return await alone.LeadAsync(cancellationToken);
    }

    /// <summary>Takes a place on the question that is sent next: at once where none is under way, else the one under way is
    /// returned.</summary>
    private RefsFlight? Board(RefsKey key, Waiter waiter)
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

    private async Task<(RefsFlight Flight, bool Leads)> PlaceAsync(
        RefsKey key,
        Waiter waiter,
        RefsFlight? ahead,
        TimeSpan patience,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await waiter.Place.Task.WaitAsync(patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // All who wait behind it go on together.
            ahead?.Land();
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

            // It was given a place at the last moment, and others may count on it.
            (RefsFlight flight, bool leads) = await waiter.Place.Task;
            (leads ? (Action)flight.LeaveLead : flight.LeaveHold)();
            throw;
        }
    }

    /// <summary>Sends the question of the first for all of them; the caller has the lock.</summary>
    private void Launch(RefsKey key, List<Waiter> sharers)
    {
        var flight = new RefsFlight(sharers.Count - 1, time, landed => Land(key, landed));
        _lines[key] = new Line(flight);
        for (int i = 0; i < sharers.Count; i++)
        {
            sharers[i].Place.SetResult((flight, i == 0));
        }

        sharers[0].Run(flight);
    }

    private void Land(RefsKey key, RefsFlight landed)
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

    /// <summary>A question under way, and who waits for the next.</summary>
    private sealed class Line(RefsFlight current)
    {
        public RefsFlight Current => current;

        public List<Waiter> Waiting { get; } = [];
    }

    /// <param name="Run">Sends this one's question on a flight.</param>
    private sealed record Waiter(Action<RefsFlight> Run)
    {
        public TaskCompletionSource<(RefsFlight Flight, bool Leads)> Place { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
