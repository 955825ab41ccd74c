using Waystation.CacheStore;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;
using Waystation.GitProtocol.Lfs;

namespace Waystation.FetchCore.Lfs;

/// <summary>
/// The permissions for LFS objects that the primary gave lately. A refusal of the credential ends all of its permissions for the
/// repository, also against answers that were under way when it came. Bounded in memory: the repository and credential that take the most
/// make room, oldest permission first. Safe for several threads.
/// </summary>
public sealed class LfsGrants
{
    /// <summary>Bytes of all permissions together: of 50,000 objects or more.</summary>
    private const long DefaultMaxBytes = 64 << 20;

    /// <summary>Bytes of a permission without its source.</summary>
    private const int BaseBytes = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<(RepositoryName Repository, Credential Credential), Set> _sets = [];
    private readonly AccessTickets _tickets;
    private readonly TimeProvider _time;
    private readonly TimeSpan _memory;
    private readonly long _maxBytes;
    private long _bytes;

    /// <param name="tickets">Tells of refusals.</param>
    /// <param name="time">The clock.</param>
    /// <param name="memory">How long a permission is remembered.</param>
    /// <param name="maxBytes">Bytes of all permissions together.</param>
    public LfsGrants(AccessTickets tickets, TimeProvider time, TimeSpan memory, long maxBytes = DefaultMaxBytes)
    {
        ArgumentNullException.ThrowIfNull(tickets);
        (_tickets, _time, _memory, _maxBytes) = (tickets, time, memory, maxBytes);
        tickets.WhenRefused(End);
    }

    /// <summary>Bytes that all permissions take, about.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Remembers a permission; false if the primary has refused the credential since it was asked.</summary>
    public bool TryAdd(LfsGrant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        lock (_gate)
        {
            // Under the lock: a refusal after this look removes the permission, a refusal before it is seen here.
            if (
                !_tickets.AllowsLfs(grant.Repository, grant.Credential, grant.GrantedAt)
                || !_tickets.AllowsLfs(Spelt(grant.Repository), grant.Credential, grant.GrantedAt)
            )
            {
                return false;
            }

            (RepositoryName, Credential) key = (grant.Repository, grant.Credential);
            if (!_sets.TryGetValue(key, out Set? set))
            {
                _sets.Add(key, set = new Set());
            }

            _bytes += set.Put(grant);
            MakeRoom();
            return true;
        }
    }

    /// <summary>The permission of a credential for an object of a repository; null if there is none.</summary>
    public LfsGrant? Find(RepositoryName repository, Credential credential, LfsObject asked)
    {
        lock (_gate)
        {
            return
                _sets.TryGetValue((repository, credential), out Set? set)
                && set.Find(asked.Id) is { } grant
                && grant.Object == asked
                && _time.GetElapsedTime(grant.GrantedAt) < _memory
                ? grant
                : null;
        }
    }

    /// <summary>Ends permissions.</summary>
    private void End(RefusalScope scope)
    {
        lock (_gate)
        {
            List<(RepositoryName, Credential)> ended = scope switch
            {
                // A remote without .git and its LFS server, whose URL has it, are one repository.
                RefusalScope.One one => [(one.Repository, one.Credential), (Spelt(one.Repository), one.Credential)],
                RefusalScope.Many many =>
                [
                    .. _sets.Keys.Where(key =>
                        (key.Repository == many.Repository || key.Repository == Spelt(many.Repository))
                        && key.Credential.IsAnonymous == many.IsAnonymous
                    ),
                ],
                _ => [.. _sets.Keys],
            };
            ended.ForEach(Remove);
        }
    }

    /// <summary>The other of the two names of a repository: with <c>.git</c>, or without.</summary>
    public static RepositoryName Spelt(RepositoryName repository) =>
        repository with
        {
            Path = repository.Path.EndsWith(".git", StringComparison.Ordinal) ? repository.Path[..^4] : repository.Path + ".git",
        };

    private void Remove((RepositoryName, Credential) key)
    {
        if (_sets.Remove(key, out Set? set))
        {
            _bytes -= set.Bytes;
        }
    }

    /// <summary>The caller has the lock.</summary>
    private void MakeRoom()
    {
        if (_bytes <= _maxBytes)
        {
            return;
        }

        foreach ((RepositoryName, Credential) key in _sets.Keys.ToList())
        {
            Shrink(key, grant => _time.GetElapsedTime(grant.GrantedAt) >= _memory);
        }

        while (_bytes > _maxBytes)
        {
            // Some at once, because to find the largest means to look at all.
            long enough = _maxBytes * 7 / 8;
            Shrink(_sets.MaxBy(static one => one.Value.Bytes).Key, _ => _bytes > enough);
        }
    }

    /// <summary>Removes the oldest permissions of a set while they are to go.</summary>
    private void Shrink((RepositoryName, Credential) key, Func<LfsGrant, bool> isToGo)
    {
        Set set = _sets[key];
        while (set.Oldest is { } oldest && isToGo(oldest))
        {
            _bytes -= set.RemoveOldest();
        }

        if (set.Oldest is null)
        {
            _sets.Remove(key);
        }
    }

    /// <summary>The permissions of one credential for one repository.</summary>
    private sealed class Set
    {
        private readonly Dictionary<LfsObjectId, LinkedListNode<LfsGrant>> _grants = [];

        /// <summary>Oldest first.</summary>
        private readonly LinkedList<LfsGrant> _ages = new();

        public long Bytes { get; private set; }

        public LfsGrant? Oldest => _ages.First?.Value;

        public LfsGrant? Find(LfsObjectId id) => _grants.GetValueOrDefault(id)?.Value;

        /// <summary>Returns the bytes that it takes more.</summary>
        public long Put(LfsGrant grant)
        {
            long freed = _grants.GetValueOrDefault(grant.Object.Id) is { } earlier ? Remove(earlier) : 0;
            _grants.Add(grant.Object.Id, _ages.AddLast(grant));
            Bytes += BytesOf(grant);
            return BytesOf(grant) - freed;
        }

        /// <summary>Returns the bytes that it took.</summary>
        public long RemoveOldest() => Remove(_ages.First!);

        private long Remove(LinkedListNode<LfsGrant> node)
        {
            _grants.Remove(node.Value.Object.Id);
            _ages.Remove(node);
            Bytes -= BytesOf(node.Value);
            return BytesOf(node.Value);
        }

        private static long BytesOf(LfsGrant grant) => BaseBytes + (grant.Source?.Bytes ?? 0);
    }
}
