using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.CacheStore.Mirrors;

/// <summary>The packs that came into a mirror last, as far as it is proven what they are.</summary>
public sealed class ReceivedPacks
{
    /// <summary>For a client that is behind by more, git makes the pack.</summary>
    private const int MaxPacks = 8;

    /// <summary>Guards memory: an id takes about 50 bytes, and a node may have very many mirrors.</summary>
    private const int MaxObjects = 500;

    private readonly Lock _gate = new();

    /// <summary>The oldest first.</summary>
    private readonly Queue<ReceivedPack> _packs = [];

    /// <summary>
    /// The packs that are together the whole answer to a request; null if they are not. The roots of each but the newest are in the edge of
    /// a newer one, so the wants lead to all that is in them; and what is left of all edges is what the client has.
    /// </summary>
    /// <param name="request">The request. Its haves are objects of the mirror that the client may name.</param>
    /// <param name="refs">The refs of the mirror, with the annotated tags that the client is shown.</param>
    public ReceivedAnswer? Find(FetchRequest request, MirrorRefs refs)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(refs);
        if (
            request
            is not {
                MayBringPack: true,
                Deepens: false,
                DeepenRelative: false,
                Filter: null,
                Shallows.Count: 0,
                Haves.Count: > 0,
                OfsDelta: true,
            }
        )
        {
            return null;
        }

        ReceivedPack[] packs;
        lock (_gate)
        {
            packs = [.. _packs];
        }

        int newest = Array.FindLastIndex(packs, pack => pack.Roots.SetEquals(request.Wants));
        return
            newest >= 0
            && Chain(packs.AsSpan(..(newest + 1)), [.. request.Haves]) is { } chain
            && (request.ThinPack || !chain.Exists(static pack => pack.IsThin))
            && !(request.IncludeTag && LacksATag(chain, refs))
            ? new ReceivedAnswer(chain)
            : null;
    }

    internal void Add(ReceivedPack pack)
    {
        lock (_gate)
        {
            _packs.Enqueue(pack);
            while (_packs.Count > MaxPacks || _packs.Sum(static pack => pack.Objects.Count) > MaxObjects)
            {
                _packs.Dequeue();
            }
        }
    }

    internal void Clear()
    {
        lock (_gate)
        {
            _packs.Clear();
        }
    }

    /// <summary>The last pack and those before it that the client lacks as well, the oldest first; null if it lacks more.</summary>
    private static List<ReceivedPack>? Chain(ReadOnlySpan<ReceivedPack> packs, HashSet<ObjectId> haves)
    {
        List<ReceivedPack> chain = [];
        HashSet<ObjectId> edge = [],
            lacked = [];
        for (int at = packs.Length - 1; at >= 0 && (chain.Count == 0 || lacked.Count > 0); at--)
        {
            ReceivedPack pack = packs[at];
            if (chain.Count > 0 && !(lacked.Overlaps(pack.Objects) && pack.Roots.IsSubsetOf(edge)))
            {
                continue;
            }

            chain.Insert(0, pack);
            edge.UnionWith(pack.Edge);
            lacked.UnionWith(pack.Edge);
            lacked.ExceptWith(haves);
            lacked.ExceptWith(pack.Objects);
        }

        return lacked.Count == 0 ? chain : null;
    }

    /// <summary>git adds the annotated tags of the objects that it sends.</summary>
    private static bool LacksATag(List<ReceivedPack> chain, MirrorRefs refs) =>
        refs
            .Tips.Peeled()
            .Any(tip =>
                tip.IsAnnotatedTag
                && chain.Exists(pack => pack.Objects.Contains(tip.Peeled!.Value))
                && !chain.Exists(pack => pack.Objects.Contains(tip.Id))
            );
}
