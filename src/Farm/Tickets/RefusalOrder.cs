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
    private readonly Dictionary<Key, LinkedListNode<Place>> _places = [];

    /// <summary>Oldest first.</summary>
    private readonly LinkedList<Place> _ages = new();

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
    /// <param name="refusal">The refusal.</param>
    /// <param name="isAnnounced">Whether it gets an announcement of its own; false if one that waits says it too.</param>
    /// <param name="heard">The last announcement that this node heard.</param>
    public void NoteOwn(RefusalNotice refusal, bool isAnnounced, AnnouncementPosition heard)
    {
        lock (_gate)
        {
            Place place = PlaceFor(KeyOf(refusal), heard);
            place.At = s_unknown;
            place.Waiting += isAnnounced ? 1 : 0;
        }
    }

    /// <summary>An announcement of this node has got its place.</summary>
    public void PlaceOwn(RefusalNotice refusal, AnnouncementPosition at)
    {
        lock (_gate)
        {
            if (_places.TryGetValue(KeyOf(refusal), out LinkedListNode<Place>? known) && --known.Value.Waiting == 0)
            {
                known.Value.At = at;
            }
        }
    }

    /// <summary>A refusal at another node.</summary>
    public void Note(RefusalScope scope, RefusalKind kind, AnnouncementPosition at)
    {
        Key? key = scope switch
        {
            RefusalScope.One one => new Key(one.Repository, one.Credential, kind, IsOfMany: false),
            RefusalScope.Many many => new Key(many.Repository, default, kind, IsOfMany: true) { IsAnonymous = many.IsAnonymous },
            _ => null,
        };
        lock (_gate)
        {
            if (key is { } known && PlaceFor(known, at) is { Waiting: 0 } place)
            {
                place.At = at;
            }
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

    /// <summary>
    /// Whether no known refusal for a repository has ended an answer that stood at this place, whoever was refused: for a credential that
    /// this node cannot compare with its own.
    /// </summary>
    public bool AllowsAll(RepositoryName repository, bool isAnonymous, AnnouncementPosition position)
    {
        lock (_gate)
        {
            return position >= _forgottenUntil
                && _ages.All(known => position >= known.At || known.Key.Repository != repository || known.Key.IsOfAnonymous != isAnonymous);
        }
    }

    private static Key KeyOf(RefusalNotice refusal) => new(refusal.Repository, refusal.Credential, refusal.Kind, IsOfMany: false);

    private AnnouncementPosition PlaceOf(Key key) => _places.TryGetValue(key, out LinkedListNode<Place>? place) ? place.Value.At : default;

    /// <summary>The place of a refusal, which becomes the youngest. The caller has the lock.</summary>
    private Place PlaceFor(Key key, AnnouncementPosition heard)
    {
        if (_places.TryGetValue(key, out LinkedListNode<Place>? known))
        {
            _ages.Remove(known);
            _ages.AddLast(known);
            return known.Value;
        }

        while (_places.Count >= capacity)
        {
            Place oldest = _ages.First!.Value;
            _ages.RemoveFirst();
            _places.Remove(oldest.Key);
            EndAll(oldest.At == s_unknown ? heard : oldest.At);
        }

        known = _ages.AddLast(new Place(key));
        _places.Add(key, known);
        return known.Value;
    }

    private sealed class Place(Key key)
    {
        public Key Key => key;

        public AnnouncementPosition At { get; set; }

        /// <summary>Announcements of this node that say it, and whose place is not known.</summary>
        public int Waiting { get; set; }
    }

    private readonly record struct Key(RepositoryName Repository, Credential Credential, RefusalKind Kind, bool IsOfMany)
    {
        public bool IsAnonymous { get; init; }

        public bool IsOfAnonymous => IsOfMany ? IsAnonymous : Credential.IsAnonymous;
    }
}
