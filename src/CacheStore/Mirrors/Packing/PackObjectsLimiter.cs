using Waystation.CacheStore.Flights;

namespace Waystation.CacheStore.Mirrors.Packing;

/// <summary>
/// Limits the packs that are made at the same time, for the node and for one repository, and divides the threads between them. It is first
/// come, first served, but a request does not wait behind others of a repository that has its share already. For these two bounds at once
/// it has a queue of its own instead of <see cref="Places"/>.
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
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiting = [];
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
    public async Task<PackObjectsPermit> EnterAsync(RepositoryName repository, CancellationToken cancellationToken)
    {
        LinkedListNode<Waiter> node;
        lock (_gate)
        {
            if (MayMake(repository))
            {
                return Take(repository);
            }

            if (_waiting.Count >= _options.MaxWaiting)
            {
                throw new TooManyWaitingException();
            }

            node = _waiting.AddLast(new Waiter(repository));
        }

        try
        {
            return await node.Value.Turn.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Leave(node);
            throw;
        }
    }

    /// <summary>
    /// Waits for the turn of a pack that may wait for all others. There is one such turn at a time. It begins when no request waits and a
    /// turn is free, and it takes no turn from a request.
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
    /// use.</summary>
    public IDisposable? TryGoElsewhere() => _elsewhere.TryEnter();

    private void BeginLast()
    {
        if (_last.First is { } first && !_isLastMaking && _waiting.Count == 0 && _total < _options.MaxPacks)
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

    private PackObjectsPermit Take(RepositoryName repository)
    {
        _total++;
        _making[repository] = _making.GetValueOrDefault(repository) + 1;
        int threads = ThreadsLeft();
        _threads += threads;
        return new PackObjectsPermit(threads, () => End(repository, threads));
    }

    private void Leave(LinkedListNode<Waiter> node)
    {
        lock (_gate)
        {
            if (node.List is not null)
            {
                _waiting.Remove(node);
                BeginLast();
                return;
            }
        }

        // The turn was given in the moment of leaving: on with it.
        node.Value.Turn.Task.Result.Dispose();
    }

    private void End(RepositoryName repository, int threads)
    {
        lock (_gate)
        {
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

            for (LinkedListNode<Waiter>? node = _waiting.First, next; node is not null && _total < _options.MaxPacks; node = next)
            {
                next = node.Next;
                if (MayMake(node.Value.Repository))
                {
                    _waiting.Remove(node);
                    node.Value.Turn.SetResult(Take(node.Value.Repository));
                }
            }

            BeginLast();
        }
    }

    private sealed record Waiter(RepositoryName Repository)
    {
        public TaskCompletionSource<PackObjectsPermit> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
