using System.Security.Cryptography;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access;

/// <summary>
/// What one credential was shown of one repository and may still rely on: listings, newest first. Where a newer listing
/// covers a ref, an older one no longer speaks of it.
/// </summary>
public sealed class AccessView(IReadOnlyList<RefListing> newestFirst)
{
    /// <summary>All refs that this credential sees were shown, at one time.</summary>
    public bool HasCompleteListing => newestFirst.Any(static listing => listing.IsComplete);

    /// <summary>The newest listing; null where none is live.</summary>
    internal RefListing? Newest => newestFirst.Count > 0 ? newestFirst[0] : null;

    /// <summary>All that was shown came in one listing.</summary>
    internal bool IsOneListing => newestFirst.Count == 1;

    /// <summary>Whether the primary's repository is shallow itself, by the newest answer that says; null where none does.</summary>
    public bool? IsOfShallow => newestFirst.FirstOrDefault(static listing => listing.IsOfShallow is not null)?.IsOfShallow;

    /// <summary>What the newest v0 or v1 advertisement said beside its refs; null where none is live.</summary>
    public V0Advertisement? Older => newestFirst.FirstOrDefault(static listing => listing.Older is not null)?.Older;

    /// <summary>Whether each of these ids was shown: as a ref's tip, or as what an annotated tag points to.</summary>
    public bool Shows(IEnumerable<ObjectId> ids) => NotShown(ids).Count == 0;

    /// <summary>Those of these ids that were not shown. One pass over what was shown, however many there are.</summary>
    public IReadOnlySet<ObjectId> NotShown(IEnumerable<ObjectId> ids)
    {
        var missing = new HashSet<ObjectId>(ids);
        foreach (RefTip tip in missing.Count > 0 ? Tips() : [])
        {
            missing.Remove(tip.Id);
            if (tip.Peeled is { } peeled)
            {
                missing.Remove(peeled);
            }

            if (missing.Count == 0)
            {
                break;
            }
        }

        return missing;
    }

    /// <summary>
    /// A digest of the annotated tags (id and peeled id) shown, which an answer with include-tag depends on; null where
    /// not all tags are known.
    /// </summary>
    public byte[]? TagsDigest()
    {
        if (newestFirst.FirstOrDefault(static listing => listing.TouchesTags) is not { HasAllTags: true } listing)
        {
            return null;
        }

        return TagsDigestOf(listing.Tips);
    }

    /// <summary>The digest that <see cref="TagsDigest"/> makes, of tips from elsewhere.</summary>
    public static byte[] TagsDigestOf(IEnumerable<RefTip> tips)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> raw = stackalloc byte[SHA256.HashSizeInBytes];
        foreach (RefTip tip in tips.Where(static tip => tip.IsAnnotatedTag).OrderBy(static tip => tip.Id))
        {
            Append(hash, tip.Id, raw);
            Append(hash, tip.Peeled!.Value, raw);
        }

        return hash.GetHashAndReset();
    }

    /// <summary>Every ref that was shown and that no newer listing speaks of otherwise.</summary>
    public IEnumerable<RefTip> Tips() => Tips(peeledOnly: false);

    /// <summary>Those of <see cref="Tips()"/> of which it was also said what annotated tags point to.</summary>
    public IEnumerable<RefTip> PeeledTips() => Tips(peeledOnly: true);

    /// <summary>Whether a ref of this name would be among <see cref="PeeledTips"/>, had there been one that this credential sees.</summary>
    public bool Covers(string refName) => newestFirst.Any(listing => listing.Asked.Peel && listing.Asked.Covers(refName));

    /// <summary>Whether every ref whose name begins so would be among <see cref="Tips()"/>.</summary>
    public bool CoversAll(string prefix) => newestFirst.Any(listing => listing.IsComplete || listing.Asked.Prefixes.Find(prefix) >= 0);

    private IEnumerable<RefTip> Tips(bool peeledOnly)
    {
        for (int i = 0; i < newestFirst.Count; i++)
        {
            if (peeledOnly && !newestFirst[i].Asked.Peel)
            {
                continue;
            }

            foreach (RefTip tip in newestFirst[i].Tips)
            {
                if (!IsCoveredBefore(i, tip.Name))
                {
                    yield return tip;
                }
            }
        }
    }

    private static void Append(IncrementalHash hash, ObjectId id, Span<byte> raw)
    {
        id.CopyTo(raw);
        hash.AppendData(raw[..id.Format.DigestLength]);
    }

    private bool IsCoveredBefore(int index, string name)
    {
        for (int i = 0; i < index; i++)
        {
            if (newestFirst[i].Asked.Covers(name))
            {
                return true;
            }
        }

        return false;
    }
}
