namespace Waystation.FetchCore.Flights;

/// <summary>
/// Coalesces equal calls: a caller that finds a call in flight joins it, however long ago it began. <see cref="NextFlight{TKey, TAnswer}"/>
/// is for answers that must be newer than their caller.
/// <code>
///   caller ──► is a call of this key in flight? ──yes──► joins it
///                └─no──► begins one ──► result or failure, the same for all that joined ──► the next caller begins another
/// </code>
/// A call has no owner among its callers: a caller that leaves ends nothing, and a call that all have left goes on and is joined by the
/// next caller. It ends early only by <see cref="EndAsync"/>, or with the owner of this object.
/// </summary>
/// <typeparam name="TKey">The key; equal calls have equal keys.</typeparam>
/// <typeparam name="TResult">The result.</typeparam>
/// <param name="stopping">The owner's end: it cancels the calls in flight, and no further call begins.</param>
public sealed class SingleFlight<TKey, TResult>(CancellationToken stopping = default)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Call> _calls = [];

    /// <summary>Joins the call in flight, or begins one.</summary>
    /// <param name="key">The key of the call.</param>
    /// <param name="call">The call, which runs apart from its callers. <see cref="EndAsync"/> and the owner cancel its token.</param>
    /// <param name="began">Whether this caller began it.</param>
    /// <returns>The result; cancelled if the owner has ended.</returns>
    public Task<TResult> JoinOrBegin(TKey key, Func<CancellationToken, Task<TResult>> call, out bool began)
    {
        ArgumentNullException.ThrowIfNull(call);
        lock (_gate)
        {
            if (_calls.TryGetValue(key, out Call? running))
            {
                began = false;
                return running.Result;
            }

            began = !stopping.IsCancellationRequested;
            if (!began)
            {
                return Task.FromCanceled<TResult>(stopping);
            }

            running = new Call(stopping);
            _calls.Add(key, running);
            running.Result = RunAsync(key, call, running);
            return running.Result;
        }
    }

    /// <summary>The call in flight; null if there is none.</summary>
    public Task<TResult>? Find(TKey key)
    {
        lock (_gate)
        {
            return _calls.GetValueOrDefault(key)?.Result;
        }
    }

    /// <summary>Cancels calls in flight and waits until they have ended, with any result.</summary>
    /// <param name="which">Selects the calls by their keys.</param>
    public async Task EndAsync(Func<TKey, bool> which)
    {
        Call[] calls;
        lock (_gate)
        {
            calls = [.. _calls.Where(call => which(call.Key)).Select(static call => call.Value)];
        }

        foreach (Call call in calls)
        {
            await call.CancelAsync();
            await ((Task)call.Result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<TResult> RunAsync(TKey key, Func<CancellationToken, Task<TResult>> call, Call running)
    {
        // The caller holds the lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            return await call(running.Stopping);
        }
        finally
        {
            // Before the result is known: a caller with the result may begin another call.
            lock (_gate)
            {
                _calls.Remove(key);
            }

            running.Close();
        }
    }

    private sealed class Call
    {
        private readonly Lock _gate = new();
        private readonly CancellationTokenSource _stopping;
        private bool _isClosed;

        public Call(CancellationToken stopping)
        {
            _stopping = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            Stopping = _stopping.Token;
        }

        public CancellationToken Stopping { get; }

        public Task<TResult> Result { get; set; } = null!;

        public Task CancelAsync()
        {
            lock (_gate)
            {
                // The callbacks run apart from here: nothing waits under the lock.
                return _isClosed ? Task.CompletedTask : _stopping.CancelAsync();
            }
        }

        public void Close()
        {
            lock (_gate)
            {
                _isClosed = true;
                _stopping.Dispose();
            }
        }
    }
}
