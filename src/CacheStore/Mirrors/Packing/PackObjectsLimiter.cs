using Waystation.CacheStore.Flights;

namespace Waystation.CacheStore.Mirrors.Packing;

/// <summary>
/// Limits the packs that are made at the same time, for the node and for one repository, and divides the threads between them. The requests
/// wait in a <see cref="PackQueue"/>, and none waits behind others of a repository that has its share already.
/// </summary>
public sealed class PackObjectsLimiter
{
    /// <summary>Threads of one pack: each of them may take as much memory as the first.</summary>
    private const int MaxThreads = 4;

    /// <summary>
    /// For each pack that the node may make at once, the number of packs that the primary may make at once because they waited here too
    /// long. The primary serves others as well, so a storm that is too much for the node must not reach it whole.
    /// </summary>
    private const int ElsewherePerPack = 4;

    private readonly MirrorOptions _options;
    private readonly Places _elsewhere;
    private readonly Places _elsewhereOfStrangers;
    private readonly Lock _gate = new();
    private readonly PackQueue _waiting;
    private readonly Dictionary<RepositoryName, int> _making = [];
    private readonly LinkedList<TaskCompletionSource<PackObjectsPermit>> _last = [];
    private int _total;
    private int _threads;
    private bool _isLastMaking;

    /// <param name="options">The limits.</param>
    /// <param name="meters">Gets the number of turns in use.</param>
    public PackObjectsLimiter(MirrorOptions options, StoreMeters? meters = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _elsewhere = new Places(ElsewherePerPack * options.MaxPacks);
        _elsewhereOfStrangers = new Places(ElsewherePerPack * options.MaxPacks * 3 / 4);
        _waiting = new PackQueue(options.MaxWaiting, Math.Max(1, options.MaxPacks / 2));
        meters?.ObserveTurns(() => Making, () => Waiting);
    }

    /// <summary>Requests that wait for their turn.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Packs being made.</summary>
    public int Making
    {
        get
        {
            lock (_gate)
            {
                return _total;
            }
        }
    }

    /// <summary>Waits for a turn. Disposing the result ends the turn.</summary>
    /// <exception cref="TooManyWaitingException">Too many wait already.</exception>
    /// <exception cref="OperationCanceledException">The wait took too long.</exception>
    public async Task<PackObjectsPermit> EnterAsync(RepositoryName repository, PackRequester requester, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(requester);
        PackQueue.Waiter waiter;
        lock (_gate)
        {
            if (MayMake(repository))
            {
                _waiting.Charge(requester);
                return Take(repository, requester);
            }

            waiter = _waiting.Add(repository, requester);
        }

        try
        {
            return await waiter.Turn.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Leave(waiter);
            throw;
        }
    }

    /// <summary>
    /// Waits for the turn of a pack that may wait for all others. There is one such turn at a time. It begins when no request waits, a
    /// turn is free and the packs of requests leave a core, and it takes no turn from a request.
    /// </summary>
    /// <exception cref="OperationCanceledException">The wait took too long.</exception>
    public async Task<PackObjectsPermit> EnterLastAsync(CancellationToken cancellationToken)
    {
        LinkedListNode<TaskCompletionSource<PackObjectsPermit>> node;
        lock (_gate)
        {
            node = _last.AddLast(new TaskCompletionSource<PackObjectsPermit>(TaskCreationOptions.RunContinuationsAsynchronously));
            BeginLast();
        }

        try
        {
            return await node.Value.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            lock (_gate)
            {
                if (node.List is not null)
                {
                    _last.Remove(node);
                    throw;
                }
            }

            (await node.Value.Task).Dispose();
            throw;
        }
    }

    /// <summary>A place for a pack that the primary makes, because its turn here did not come in time; null if too many are in
    /// use. A quarter of the places is for known clients alone.</summary>
    public IDisposable? TryGoElsewhere(bool isStranger = false)
    {
        if (!isStranger)
        {
            return _elsewhere.TryEnter();
        }

        if (_elsewhereOfStrangers.TryEnter() is not { } share)
        {
            return null;
        }

        if (_elsewhere.TryEnter() is { } place)
        {
            return new PlaceOfStranger(place, share);
        }

        share.Dispose();
        return null;
    }

    private void BeginLast()
    {
        if (
            _last.First is { } first
            && !_isLastMaking
            && _waiting.Count == 0
            && _total < _options.MaxPacks
            && _threads < _options.PackThreads
        )
        {
            _isLastMaking = true;
            _last.RemoveFirst();
            first.Value.SetResult(new PackObjectsPermit(ThreadsLeft(), EndLast));
        }
    }

    private void EndLast()
    {
        lock (_gate)
        {
            _isLastMaking = false;
            BeginLast();
        }
    }

    private bool MayMake(RepositoryName repository) =>
        _total < _options.MaxPacks && _making.GetValueOrDefault(repository) < _options.MaxPacksPerRepository;

    private int ThreadsLeft() => Math.Clamp(_options.PackThreads - _threads, 1, MaxThreads);

    private PackObjectsPermit Take(RepositoryName repository, PackRequester requester)
    {
        bool isOfStranger = _waiting.Begin(requester);
        _total++;
        _making[repository] = _making.GetValueOrDefault(repository) + 1;
        int threads = ThreadsLeft();
        _threads += threads;
        return new PackObjectsPermit(threads, () => End(repository, threads, isOfStranger));
    }

    private void Leave(PackQueue.Waiter waiter)
    {
        lock (_gate)
        {
            if (_waiting.Remove(waiter))
            {
                BeginLast();
                return;
            }
        }

        // The turn was given, or refused, in the moment of leaving.
        if (waiter.Turn.Task.Exception is null)
        {
            waiter.Turn.Task.Result.Dispose();
        }
    }

    private void End(RepositoryName repository, int threads, bool isOfStranger)
    {
        lock (_gate)
        {
            _waiting.End(isOfStranger);
            _total--;
            _threads -= threads;
            int left = _making[repository] - 1;
            if (left == 0)
            {
                _making.Remove(repository);
            }
            else
            {
                _making[repository] = left;
            }

            while (_total < _options.MaxPacks && _waiting.Next(MayMake) is { } next)
            {
                next.Turn.SetResult(Take(next.Repository, next.Requester));
            }

            BeginLast();
        }
    }

    private sealed class PlaceOfStranger(IDisposable place, IDisposable share) : IDisposable
    {
        public void Dispose()
        {
            place.Dispose();
            share.Dispose();
        }
    }
}
