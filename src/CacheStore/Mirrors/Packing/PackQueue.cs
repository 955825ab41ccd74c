namespace Waystation.CacheStore.Mirrors.Packing;

/// <summary>
/// The requests that wait until git may make their pack. Not for several threads at once.
/// <code>
///   known clients go before strangers; after four of them, one stranger goes first
///   within each kind the credentials take turns: start-time fair queueing (Goyal, Vin and Cheng 1996), each pack counts as one
///   within a credential: first come, first served
///
///   the queue is full: the last request of the credential that waits most often leaves, a stranger's before any other
/// </code>
/// </summary>
/// <param name="max">The most requests.</param>
/// <param name="maxOfStrangers">The packs being made for strangers at which no further stranger goes before a known client.</param>
internal sealed class PackQueue(int max, int maxOfStrangers)
{
    /// <summary>The known clients that go in a row before a stranger that waits.</summary>
    private const int MaxKnownInARow = 4;

    /// <summary>The number of remembered credentials above which those without a debt are forgotten.</summary>
    private const int MaxTags = 1_024;

    private readonly LinkedList<Waiter> _waiting = [];

    /// <summary>For each credential, the virtual time at which its next pack may start.</summary>
    private readonly Dictionary<object, long> _tags = [];

    private long _now;
    private int _knownInARow;
    private int _strangersMaking;

    public int Count => _waiting.Count;

    /// <summary>Appends a request.</summary>
    /// <exception cref="TooManyWaitingException">There is no room for it.</exception>
    public Waiter Add(RepositoryName repository, PackRequester requester)
    {
        if (_waiting.Count >= max)
        {
            MakeRoom(requester);
        }

        var waiter = new Waiter(repository, requester, NextTag(requester));
        _waiting.AddLast(waiter.Place);
        return waiter;
    }

    /// <summary>Removes a request that does not wait any more; false if it has left the queue before.</summary>
    public bool Remove(Waiter waiter)
    {
        if (waiter.Place.List is null)
        {
            return false;
        }

        _waiting.Remove(waiter.Place);
        return true;
    }

    /// <summary>Removes and returns the request whose turn it is; null if none may have one.</summary>
    /// <param name="mayMake">Whether a pack of this repository may be made now.</param>
    public Waiter? Next(Func<RepositoryName, bool> mayMake)
    {
        Waiter? known = null,
            stranger = null;
        foreach (Waiter waiter in _waiting)
        {
            bool isStranger = waiter.Requester.IsStranger();
            Waiter? best = isStranger ? stranger : known;
            if ((best is null || waiter.Tag < best.Tag) && mayMake(waiter.Repository))
            {
                (known, stranger) = isStranger ? (known, waiter) : (waiter, stranger);
            }
        }

        if (known is not null && _strangersMaking >= maxOfStrangers)
        {
            stranger = null;
        }

        Waiter? next = known is null || (stranger is not null && _knownInARow >= MaxKnownInARow) ? stranger : known;
        if (next is not null)
        {
            _knownInARow = next == known && stranger is not null ? _knownInARow + 1 : 0;
            _waiting.Remove(next.Place);
            _now = Math.Max(_now, next.Tag);
        }

        return next;
    }

    /// <summary>A pack is begun without waiting: it counts for its credential.</summary>
    public void Charge(PackRequester requester) => _now = Math.Max(_now, NextTag(requester));

    /// <summary>A pack is begun. Returns whether it counts for the strangers until <see cref="End"/>.</summary>
    public bool Begin(PackRequester requester)
    {
        bool isStranger = requester.IsStranger();
        _strangersMaking += isStranger ? 1 : 0;
        return isStranger;
    }

    /// <summary>A pack has ended.</summary>
    public void End(bool isOfStranger) => _strangersMaking -= isOfStranger ? 1 : 0;

    private long NextTag(PackRequester requester)
    {
        long tag = Math.Max(_now, _tags.GetValueOrDefault(requester.Credential));
        if (_tags.Count >= MaxTags)
        {
            foreach ((object credential, long next) in _tags)
            {
                if (next <= _now)
                {
                    _tags.Remove(credential); // Dictionary allows it while it is walked.
                }
            }
        }

        _tags[requester.Credential] = tag + 1;
        return tag;
    }

    private void MakeRoom(PackRequester incoming)
    {
        bool isStranger = incoming.IsStranger();
        List<Waiter> candidates = [.. _waiting.Where(static waiter => waiter.Requester.IsStranger())];
        if (candidates.Count == 0 && !isStranger)
        {
            candidates = [.. _waiting];
        }

        IGrouping<object, Waiter>? most = candidates
            .GroupBy(static waiter => waiter.Requester.Credential)
            .MaxBy(static group => group.Count());
        bool isCandidate = isStranger || candidates.Count == _waiting.Count;
        int own = isCandidate ? 1 + candidates.Count(waiter => waiter.Requester.Credential.Equals(incoming.Credential)) : 0;
        if (most is null || own >= most.Count())
        {
            throw new TooManyWaitingException();
        }

        Waiter leaves = most.Last();
        _waiting.Remove(leaves.Place);
        leaves.Turn.SetException(new TooManyWaitingException());
    }

    /// <summary>One request in the queue.</summary>
    public sealed class Waiter
    {
        public Waiter(RepositoryName repository, PackRequester requester, long tag)
        {
            (Repository, Requester, Tag) = (repository, requester, tag);
            Place = new LinkedListNode<Waiter>(this);
        }

        public RepositoryName Repository { get; }

        public PackRequester Requester { get; }

        /// <summary>The virtual time at which its pack may start.</summary>
        public long Tag { get; }

        public LinkedListNode<Waiter> Place { get; }

        /// <summary>Ends with its turn, or with the exception that it must come again.</summary>
        public TaskCompletionSource<PackObjectsPermit> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
