using Waystation.CacheStore;
using Waystation.CacheStore.Flights;
using Waystation.GitProtocol.Advertisements;

namespace Waystation.FetchCore.Access.Recording;

/// <summary>
/// The pushes that the primary acknowledged. They correct older records in an outage. A moved ref is corrected for each credential that saw
/// it; a new ref is shown to its pusher only.
/// </summary>
internal sealed class PushedRefs
{
    /// <summary>Guards memory. If more refs moved, older records are not used any more.</summary>
    private const int MaxPerRepository = 256;

    private const int MaxRepositories = 4_096;

    private const string Heads = "refs/heads/";

    private readonly TimeProvider _time;
    private readonly TimeSpan _serveFor;
    private readonly RecentMap<RepositoryName, Journal> _journals;
    private long _forgottenAt = long.MinValue;

    public PushedRefs(TimeProvider time, TimeSpan serveFor)
    {
        _time = time;
        _serveFor = serveFor;

        // If there is no room for a journal, no record older than its last push is used any more, of any repository.
        _journals = new RecentMap<RepositoryName, Journal>(
            MaxRepositories,
            serveFor,
            time,
            whenPushedOut: (_, journal) => Interlocked.Exchange(ref _forgottenAt, Math.Max(_forgottenAt, journal.LastAt))
        );
    }

    public void Note(RepositoryName repository, Credential credential, IReadOnlyList<PushedRef> refs)
    {
        if (_serveFor <= TimeSpan.Zero || refs.Count == 0)
        {
            return;
        }

        var push = new Push(credential, refs, _time.GetTimestamp());
        Change(repository, journal => journal.Add(push));
    }

    /// <summary>A push moved refs that are not known here: no record until now can be brought forward.</summary>
    public void NoteUnknown(RepositoryName repository)
    {
        long now = _time.GetTimestamp();
        Change(repository, journal => journal.Forget(now));
    }

    /// <summary>
    /// The listing as the primary would show it now, corrected by the known pushes; null if the correction is not possible.
    /// </summary>
    public RefListing? BringForward(RepositoryName repository, Credential credential, RefListing listing, long shownAt)
    {
        if (shownAt <= Interlocked.Read(ref _forgottenAt))
        {
            return null;
        }

        if (!_journals.TryGet(repository, out Journal? journal))
        {
            return listing;
        }

        if (!journal.TryRead(shownAt, out List<Push> since))
        {
            return null;
        }

        RefListing? current = listing;
        foreach ((Credential pusher, IReadOnlyList<PushedRef> refs, _) in since)
        {
            foreach (PushedRef pushed in refs)
            {
                current = current is null ? null : Move(current, pushed, mayAppear: pusher == credential);
            }
        }

        return current;
    }

    private void Change(RepositoryName repository, Action<Journal> change) =>
        _journals.Update(
            repository,
            known =>
            {
                Journal journal = known ?? new Journal();
                change(journal);
                return journal;
            }
        );

    private static RefListing? Move(RefListing listing, PushedRef pushed, bool mayAppear)
    {
        if (!listing.Asked.Covers(pushed.Name))
        {
            return MoveHead(listing, [.. listing.Tips], pushed);
        }

        List<RefTip> tips = [.. listing.Tips];
        int at = tips.FindIndex(tip => tip.Name == pushed.Name);
        if (at < 0 && !(mayAppear && pushed.To is not null))
        {
            return listing;
        }

        if (pushed.To is not { } to)
        {
            tips.RemoveAt(at);
        }
        else if (listing.Asked.Peel && !pushed.Name.StartsWith(Heads, StringComparison.Ordinal))
        {
            // It may be an annotated tag now, whose target is unknown.
            return null;
        }
        else if (at >= 0)
        {
            tips[at] = tips[at] with { Id = to };
        }
        else
        {
            int after = tips.FindIndex(tip => tip.Name != "HEAD" && string.CompareOrdinal(tip.Name, pushed.Name) > 0);
            tips.Insert(after < 0 ? tips.Count : after, new RefTip(pushed.Name, to, null, null));
        }

        return MoveHead(listing, tips, pushed);
    }

    /// <summary>Symbolic refs follow their target. If the target of HEAD is unknown, the listing cannot be used.</summary>
    private static RefListing? MoveHead(RefListing listing, List<RefTip> tips, PushedRef pushed)
    {
        for (int i = 0; i < tips.Count; i++)
        {
            if (tips[i].SymrefTarget == pushed.Name)
            {
                if (pushed.To is not { } to)
                {
                    return null;
                }

                tips[i] = tips[i] with { Id = to };
            }
            else if (tips[i].Name == "HEAD" && !listing.Asked.Symrefs && pushed.Name.StartsWith(Heads, StringComparison.Ordinal))
            {
                return null;
            }
        }

        bool hasBorn = listing.UnbornHeadTarget == pushed.Name && pushed.To is not null;
        return hasBorn ? null : listing with { Tips = tips };
    }

    private sealed record Push(Credential Pusher, IReadOnlyList<PushedRef> Refs, long At);

    private sealed class Journal
    {
        private readonly Lock _gate = new();
        private readonly Queue<Push> _pushes = new();
        private long _knownSince = long.MinValue;
        private int _refs;

        public long LastAt { get; private set; }

        public void Add(Push push)
        {
            lock (_gate)
            {
                _pushes.Enqueue(push);
                _refs += push.Refs.Count;
                LastAt = push.At;
                while (_refs > MaxPerRepository)
                {
                    Push old = _pushes.Dequeue();
                    _refs -= old.Refs.Count;
                    _knownSince = old.At;
                }
            }
        }

        public void Forget(long now)
        {
            lock (_gate)
            {
                _pushes.Clear();
                _refs = 0;
                (_knownSince, LastAt) = (now, now);
            }
        }

        /// <summary>The pushes since a time; false if some are forgotten.</summary>
        public bool TryRead(long since, out List<Push> pushes)
        {
            lock (_gate)
            {
                pushes = [.. _pushes.Where(push => push.At > since)];
                return since > _knownSince;
            }
        }
    }
}
