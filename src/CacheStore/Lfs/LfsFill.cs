using System.Diagnostics.CodeAnalysis;
using Waystation.CacheStore.Streams;
using Waystation.GitProtocol.Lfs;

namespace Waystation.CacheStore.Lfs;

/// <summary>
/// One writer that puts one object into the store, while any number of readers follow it.
/// <code>
///   source ──► LfsFill ──► GrowingFile ──► LfsReading ──► client
///                └ SHA-256          └────► LfsReading ──► client      each at its own speed
/// </code>
/// The last block leaves only when the length and the SHA-256 agree, so a wrong object can never look whole, and a small one sends no byte.
/// A fill whose readers have left goes on, because objects are asked for again, if there are few of that kind
/// (<see cref="LfsFillTable"/>).
/// </summary>
public sealed class LfsFill : ILfsSink, IDisposable
{
    /// <summary>
    /// A source that is silent for longer ends its fill. A fill whose readers have left would else hold its place for ever.
    /// </summary>
    private static readonly TimeSpan s_longestSilence = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly LfsFillTable _table;
    private readonly ObjectCheck _check;
    private readonly SourceSilence _silence;
    private readonly CancellationTokenSource _stopping;
    private readonly HashSet<RepositoryName> _repositories = [];

    private LfsFillEnd? _end;
    private LfsRefusal? _refusal;
    private bool _isKept = true;
    private bool _hasByte;
    private volatile bool _isWriting;
    private volatile bool _isOfStrangers;
    private int _readers;
    private int _users = 1; // the writer

    internal LfsFill(
        LfsFillTable table,
        RepositoryName repository,
        LfsObject lfsObject,
        SpoolFile file,
        TimeProvider time,
        CancellationToken stopping
    )
    {
        _table = table;
        Repository = repository;
        Object = lfsObject;
        _check = new ObjectCheck(lfsObject);
        _silence = new SourceSilence(time);
        File = new GrowingFile(file, BlockSums.BlockLength, KeepNothing);
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Stopping = _stopping.Token;
    }

    /// <summary>The object.</summary>
    public LfsObject Object { get; }

    /// <summary>Cancelled when the node stops, or when no client wants the object any more.</summary>
    public CancellationToken Stopping { get; }

    /// <summary>The repository for which it was begun.</summary>
    internal RepositoryName Repository { get; }

    internal GrowingFile File { get; }

    /// <summary>Whether only strangers have asked for it until now.</summary>
    public bool IsOfStrangers
    {
        get => _isOfStrangers;
        internal init => _isOfStrangers = value;
    }

    /// <summary>A known client asks for it as well.</summary>
    internal void LeaveStrangers() => _isOfStrangers = false;

    /// <summary>Why it gives no byte, or breaks off; null while it may still end well.</summary>
    internal LfsFillEnd? End
    {
        get
        {
            lock (_gate)
            {
                return _end;
            }
        }
    }

    internal LfsRefusal? Refusal => Volatile.Read(ref _refusal);

    /// <summary>Whether it goes on without a reader.</summary>
    internal bool IsUnfollowed
    {
        get
        {
            lock (_gate)
            {
                return _readers == 0;
            }
        }
    }

    /// <summary>The repositories that get the object; none if it is not kept.</summary>
    internal IReadOnlyList<RepositoryName> Keepers
    {
        get
        {
            lock (_gate)
            {
                return _isKept ? [.. _repositories] : [];
            }
        }
    }

    /// <summary>Takes the next bytes of the object and shows them to the readers.</summary>
    /// <exception cref="LfsBrokenException">There are more bytes than the object has.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        Stopping.ThrowIfCancellationRequested();
        _silence.End();
        if (!_check.TryAppend(bytes.Span))
        {
            _table.Reject(this, "more bytes came than the object has");
            throw new LfsBrokenException($"the source of LFS object {Object.Id} gives more than {Object.Size} bytes");
        }

        if (!_hasByte)
        {
            _hasByte = true;
            File.Open();
        }

        _isWriting = true;
        await File.WriteAsync(bytes, Stopping);
        await File.FlushAsync(Stopping);
        _isWriting = false;
        _silence.End();
    }

    /// <summary>The source has no byte for the client that began the fill. Call it before the first byte, then return.</summary>
    public void Refuse(LfsRefusal refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        Volatile.Write(ref _refusal, refusal);
    }

    /// <inheritdoc />
    public void Dispose() => Release();

    /// <summary>Waits for the source, and cancels it when it has been silent for too long.</summary>
    internal async Task RunAsync(Func<ILfsSink, Task> source)
    {
        _silence.End();
        Task asked = source(this);
        while (!asked.IsCompleted && await IsHeardAsync(asked)) { }

        if (!asked.IsCompleted)
        {
            EndWith(new LfsFillEnd.Broken("the source is silent"));
            await _stopping.CancelAsync();
        }

        await asked;
    }

    /// <summary>The source has ended well: the object is compared, and only now its last block leaves. Null if it is whole.</summary>
    internal async Task<LfsFillEnd?> CompleteAsync()
    {
        if (_check.Difference() is { } difference)
        {
            _table.Reject(this, difference);
            return new LfsFillEnd.Broken(difference);
        }

        if (!_hasByte)
        {
            File.Open(); // an object of no bytes
        }

        return await File.CompleteAsync(Stopping) ? null : End;
    }

    /// <summary>The fill ends without the whole object.</summary>
    internal void EndWith(LfsFillEnd end)
    {
        lock (_gate)
        {
            if (File.TryFail())
            {
                _end = end;
            }
        }

        File.Pulse();
    }

    /// <summary>It is purged: this repository does not get the object.</summary>
    internal void Forget(RepositoryName repository)
    {
        lock (_gate)
        {
            _repositories.Remove(repository);
        }
    }

    /// <summary>Begins the reading of a client that has its own reason to wait: the one that began the fill.</summary>
    internal LfsFollowing Start()
    {
        lock (_gate)
        {
            return Attach(Repository, File.TryFollow()!, isStarter: true);
        }
    }

    /// <summary>Begins one more reading; false if it cannot be followed from its start, or its source is silent.</summary>
    internal bool TryAttach(RepositoryName repository, [NotNullWhen(true)] out LfsFollowing? following)
    {
        lock (_gate)
        {
            FillState state = File.State;
            following =
                state != FillState.Failed
                && (state == FillState.Whole || !_silence.Exhausts(LfsFollowing.Patience))
                && !_stopping.IsCancellationRequested
                && File.TryFollow() is { } follower
                    ? Attach(repository, follower, isStarter: false)
                    : null;
            return following is not null;
        }
    }

    /// <summary>A reading ends. The last one may end the fill as well.</summary>
    internal async ValueTask DetachAsync(Follower follower)
    {
        bool isAbandoned;
        lock (_gate)
        {
            isAbandoned = --_readers == 0 && File.State == FillState.Filling;
        }

        // A reader that comes in between finds a fill that ends, and begins another.
        if (isAbandoned && (Keepers.Count == 0 || !_table.MayGoOn(this)) && TryAbandon())
        {
            await _stopping.CancelAsync();
        }

        follower.Dispose();
        Release();
    }

    /// <summary>Waits for a change, but not longer than the source may be silent; false after that.</summary>
    internal async Task<bool> WaitAsync(Task changed, TimeSpan patience, CancellationToken cancellationToken) =>
        await _silence.WaitAsync(changed, patience, cancellationToken) || File.State == FillState.Whole;

    /// <summary>Waits for the end of the source; false if it has been silent for too long.</summary>
    private async Task<bool> IsHeardAsync(Task asked)
    {
        if (await _silence.WaitAsync(asked, s_longestSilence, CancellationToken.None))
        {
            return true;
        }

        if (!_isWriting)
        {
            return false;
        }

        // A disk that is full: the writer waits for the slowest reader, and the source for the writer.
        _silence.End();
        return true;
    }

    /// <summary>The caller has the lock.</summary>
    private LfsFollowing Attach(RepositoryName repository, Follower follower, bool isStarter)
    {
        _readers++;
        _users++;
        _repositories.Add(repository);
        return new LfsFollowing(this, follower, isStarter);
    }

    private bool TryAbandon()
    {
        lock (_gate)
        {
            if (_readers > 0 || !File.TryFail())
            {
                return false;
            }

            _end = new LfsFillEnd.Broken("no client waits for it any more");
            return true;
        }
    }

    /// <summary>The disk refused or damaged it. The object goes to the present readers only.</summary>
    internal void KeepNothing()
    {
        lock (_gate)
        {
            _isKept = false;
        }
    }

    private void Release()
    {
        lock (_gate)
        {
            if (--_users > 0)
            {
                return;
            }
        }

        _check.Dispose();
        _stopping.Dispose();
        File.Dispose();
    }
}
