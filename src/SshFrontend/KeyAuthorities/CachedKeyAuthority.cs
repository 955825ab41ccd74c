using Waystation.CacheStore.Flights;
using Waystation.FetchCore.Flights;

namespace Waystation.SshFrontend.KeyAuthorities;

/// <summary>
/// Keeps an authority's answers for seconds, and asks it once for equal questions at the same time. Only credentials are kept: an unknown
/// key, or a failed look-up, is asked about again, so that a key that was just added works at once. It holds names of files and no secrets.
/// </summary>
public sealed class CachedKeyAuthority : IKeyAuthority, IAsyncDisposable
{
    /// <summary>Far more keys than log in within seconds. It bounds the memory.</summary>
    private const int MaxKept = 4_096;

    /// <summary>Longer than an authority may take. A slower question is not joined any more.</summary>
    private static readonly TimeSpan s_longestQuestion = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly IKeyAuthority _authority;
    private readonly TimeSpan _lifetime;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();

    /// <summary>The newest question about each key, answered or open.</summary>
    private readonly RecentMap<KeyQuestion, Entry> _entries;
    private readonly SingleFlight<Entry, PrimaryCredential?> _asking;
    private bool _disposed;

    /// <param name="authority">The authority, disposed with this.</param>
    /// <param name="lifetime">How long a credential is kept; zero keeps none.</param>
    /// <param name="time">The clock.</param>
    public CachedKeyAuthority(IKeyAuthority authority, TimeSpan lifetime, TimeProvider time)
    {
        (_authority, _lifetime, _time) = (authority, lifetime, time);
        _entries = new RecentMap<KeyQuestion, Entry>(MaxKept, lifetime + s_longestQuestion, time);
        _asking = new SingleFlight<Entry, PrimaryCredential?>(_stop.Token);
    }

    /// <inheritdoc />
    public Task<PrimaryCredential?> FindAsync(KeyQuestion question, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        return JoinOrAsk(question).WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Call it when the primary refused a key's credential: earlier answers about the fingerprint no longer count, open ones included.
    /// </summary>
    public void Forget(string fingerprint)
    {
        lock (_gate)
        {
            _entries.RemoveWhere(question => string.Equals(question.Fingerprint, fingerprint, StringComparison.Ordinal));
        }
    }

    /// <summary>Ends the open questions, and the authority.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _entries.RemoveWhere(static _ => true);
        }

        await _stop.CancelAsync();
        await _asking.EndAsync(static _ => true);
        (_authority as IDisposable)?.Dispose();
        _stop.Dispose();
    }

    private Task<PrimaryCredential?> JoinOrAsk(KeyQuestion question)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_entries.TryGet(question, out Entry? entry) || (entry.Answer is not null && !IsAlive(entry)))
            {
                entry = new Entry(question);
            }

            // Set again by each asker, so that strangers do not push out a key that is in use.
            _entries.Set(question, entry);
            return entry.Answer is { } kept
                ? Task.FromResult<PrimaryCredential?>(kept)
                : _asking.JoinOrBegin(entry, _ => AskAsync(entry), out bool _);
        }
    }

    private async Task<PrimaryCredential?> AskAsync(Entry entry)
    {
        PrimaryCredential? answer = null;
        long asked = _time.GetTimestamp();
        try
        {
            answer = await _authority.FindAsync(entry.Question, _stop.Token);
            return answer;
        }
        catch (OperationCanceledException e) when (_stop.IsCancellationRequested)
        {
            throw new KeyAuthorityException("the node is stopping", e);
        }
        finally
        {
            lock (_gate)
            {
                (entry.Answer, entry.AskedAt) = (answer, asked);
                if (answer is null && _entries.TryGet(entry.Question, out Entry? newest) && newest == entry)
                {
                    _entries.Remove(entry.Question);
                }
            }
        }
    }

    private bool IsAlive(Entry entry) => _time.GetElapsedTime(entry.AskedAt) < _lifetime;

    /// <summary>A question; its answer is null while it is open.</summary>
    private sealed class Entry(KeyQuestion question)
    {
        public KeyQuestion Question => question;

        public PrimaryCredential? Answer { get; set; }

        public long AskedAt { get; set; }
    }
}
