namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>
/// Keeps an authority's answers for seconds, and asks it once for all who ask the same at the same time. Only credentials are
/// kept: a key that was unknown, or could not be looked up, is asked about anew, so that one just added is known at once.
/// It holds names of files and no secrets.
/// </summary>
/// <param name="authority">The authority, disposed with this.</param>
/// <param name="lifetime">How long a credential is kept; zero keeps none.</param>
/// <param name="time">The clock.</param>
public sealed class CachedKeyAuthority(IKeyAuthority authority, TimeSpan lifetime, TimeProvider time) : IKeyAuthority, IAsyncDisposable
{
    /// <summary>Far more than log in within seconds; it bounds the memory.</summary>
    private const int MaxKept = 4_096;

    private readonly Lock _gate = new();
    private readonly Dictionary<KeyQuestion, Entry> _entries = [];
    private readonly HashSet<Task> _asking = [];
    private readonly CancellationTokenSource _stop = new();
    private bool _disposed;

    /// <inheritdoc />
    public Task<PrimaryCredential?> FindAsync(KeyQuestion question, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        return JoinOrAsk(question).WaitAsync(cancellationToken);
    }

    /// <summary>
    /// To be called when the primary refused a key's credential: nothing that was asked before this about the fingerprint is believed any
    /// more, answers still on their way included.
    /// </summary>
    public void Forget(string fingerprint)
    {
        lock (_gate)
        {
            foreach (
                KeyQuestion question in _entries.Keys.Where(question =>
                    string.Equals(question.Fingerprint, fingerprint, StringComparison.Ordinal)
                )
            )
            {
                // Dictionary allows it while it is walked.
                _entries.Remove(question);
            }
        }
    }

    /// <summary>Ends the questions that are under way, and the authority.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] asking;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _entries.Clear();
            asking = [.. _asking];
        }

        await _stop.CancelAsync();
        await Task.WhenAll(asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        (authority as IDisposable)?.Dispose();
        _stop.Dispose();
    }

    private Task<PrimaryCredential?> JoinOrAsk(KeyQuestion question)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_entries.TryGetValue(question, out Entry? kept) && (!kept.Answer.IsCompleted || IsAlive(kept)))
            {
                return kept.Answer;
            }

            MakeRoom();
            var entry = new Entry();
            // Off this thread, for the lock is held: the answer belongs to all who join, and none of them can end it.
            entry.Answer = Task.Run(() => AskAsync(question, entry), CancellationToken.None);
            _entries[question] = entry;
            _asking.Add(entry.Answer);
            return entry.Answer;
        }
    }

    private async Task<PrimaryCredential?> AskAsync(KeyQuestion question, Entry entry)
    {
        PrimaryCredential? answer = null;
        long asked = time.GetTimestamp();
        try
        {
            answer = await authority.FindAsync(question, _stop.Token);
            return answer;
        }
        catch (OperationCanceledException e) when (_stop.IsCancellationRequested)
        {
            throw new KeyAuthorityException("the node stops", e);
        }
        finally
        {
            lock (_gate)
            {
                entry.AskedAt = asked;
                _asking.Remove(entry.Answer);
                if (answer is null && _entries.GetValueOrDefault(question) == entry)
                {
                    _entries.Remove(question);
                }
            }
        }
    }

    private bool IsAlive(Entry entry) => time.GetElapsedTime(entry.AskedAt) < lifetime;

    private void MakeRoom()
    {
        if (_entries.Count < MaxKept)
        {
            return;
        }

        foreach ((KeyQuestion question, Entry entry) in _entries.Where(static pair => pair.Value.Answer.IsCompleted))
        {
            _entries.Remove(question);
        }
    }

    private sealed class Entry
    {
        public Task<PrimaryCredential?> Answer { get; set; } = null!;

        public long AskedAt { get; set; }
    }
}
