using Waystation.CacheStore;
using Waystation.Farm.Announcements;
using Waystation.FetchCore.Access;
using Waystation.FetchCore.Access.Tickets;

namespace Waystation.Farm.Tickets;

/// <summary>
/// The places of refusals in the order of announcements. Whether an answer in Redis is older than a refusal is decided by this order alone,
/// because clocks of nodes differ. Bounded: when a refusal is forgotten, no answer of an earlier place counts any more.
/// </summary>
/// <param name="capacity">The most refusals that are remembered.</param>
internal sealed class RefusalOrder(int capacity = 65_536)
{
    /// <summary>A refusal of this node, whose place is not known.</summary>
    private static readonly AnnouncementPosition s_unknown = new(long.MaxValue, long.MaxValue);

    private readonly Lock _gate = new();
    private readonly Dictionary<Key, LinkedListNode<(Key Key, AnnouncementPosition At)>> _places = [];

    /// <summary>Oldest first.</summary>
    private readonly LinkedList<(Key Key, AnnouncementPosition At)> _ages = new();

    /// <summary>Refusals until here may have been forgotten.</summary>
    private AnnouncementPosition _forgottenUntil;

    /// <summary>Nothing that stood before this place counts any more.</summary>
    public void EndAll(AnnouncementPosition until)
    {
        lock (_gate)
        {
            _forgottenUntil = until > _forgottenUntil ? until : _forgottenUntil;
        }
    }

    /// <summary>The primary refused a credential at this node. The refusal is not announced yet.</summary>
    public void NoteOwn(RepositoryName repository, Credential credential, RefusalKind kind, AnnouncementPosition heard) =>
        Note(new Key(repository, credential, kind, IsOfMany: false), s_unknown, heard);

    /// <summary>A refusal at another node, or of this node once its place is known.</summary>
    public void Note(RefusalScope scope, RefusalKind kind, AnnouncementPosition at)
    {
        switch (scope)
        {
            case RefusalScope.One one:
                Note(new Key(one.Repository, one.Credential, kind, IsOfMany: false), at, at);
                break;
            case RefusalScope.Many many:
                Note(new Key(many.Repository, default, kind, IsOfMany: true) { IsAnonymous = many.IsAnonymous }, at, at);
                break;
        }
    }

    /// <summary>Whether no known refusal of this kind has ended an answer that stood at this place.</summary>
    public bool Allows(RepositoryName repository, Credential credential, RefusalKind kind, AnnouncementPosition position)
    {
        lock (_gate)
        {
            return position >= _forgottenUntil
                && position >= PlaceOf(new Key(repository, credential, kind, IsOfMany: false))
                && position >= PlaceOf(new Key(repository, default, kind, IsOfMany: true) { IsAnonymous = credential.IsAnonymous });
        }
    }

    private AnnouncementPosition PlaceOf(Key key) => _places.TryGetValue(key, out var place) ? place.Value.At : default;

    /// <param name="key">The key.</param>
    /// <param name="at">Its place.</param>
    /// <param name="heard">The last announcement that this node heard.</param>
    private void Note(Key key, AnnouncementPosition at, AnnouncementPosition heard)
    {
        lock (_gate)
        {
            if (_places.Remove(key, out var known))
            {
                _ages.Remove(known);
            }

            while (_places.Count >= capacity)
            {
                (Key oldest, AnnouncementPosition place) = _ages.First!.Value;
                _ages.RemoveFirst();
                _places.Remove(oldest);
                EndAll(place == s_unknown ? heard : place);
            }

            _places.Add(key, _ages.AddLast((key, at)));
        }
    }

    private readonly record struct Key(RepositoryName Repository, Credential Credential, RefusalKind Kind, bool IsOfMany)
    {
        public bool IsAnonymous { get; init; }
    }
}
