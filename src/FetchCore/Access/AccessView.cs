using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access;

/// <summary>
/// The listings that one credential saw of one repository and that still count, newest first. If a newer listing covers a ref, older
/// listings no longer count for it.
/// </summary>
public sealed class AccessView(IReadOnlyList<RefListing> newestFirst)
{
    /// <summary>The listings, newest first.</summary>
    public IReadOnlyList<RefListing> Listings => newestFirst;

    /// <summary>Whether one listing showed all refs that this credential sees.</summary>
    public bool HasCompleteListing => newestFirst.Any(static listing => listing.IsComplete);

    /// <summary>The newest listing; null if none counts.</summary>
    internal RefListing? Newest => newestFirst.Count > 0 ? newestFirst[0] : null;

    /// <summary>Whether everything that was shown came in one listing.</summary>
    internal bool IsOneListing => newestFirst.Count == 1;

    /// <summary>Whether the primary's repository is shallow, by the newest listing that shows it; null if none does.</summary>
    public bool? IsOfShallow => newestFirst.FirstOrDefault(static listing => listing.IsOfShallow is not null)?.IsOfShallow;

    /// <summary>The newest v0 or v1 advertisement without its refs; null if none counts.</summary>
    public V0Advertisement? Older => newestFirst.FirstOrDefault(static listing => listing.Older is not null)?.Older;

    /// <summary>Whether the primary showed each of these ids: as the tip of a ref, or as the target of an annotated tag.</summary>
    public bool Shows(IEnumerable<ObjectId> ids) => NotShown(ids).Count == 0;

    /// <summary>The ids among these that the primary did not show. One pass over the listings, for any number of ids.</summary>
    public IReadOnlySet<ObjectId> NotShown(IEnumerable<ObjectId> ids)
    {
        var missing = new HashSet<ObjectId>(ids);
        if (missing.Count == 0)
        {
            return missing;
        }

        var sieve = new IdSieve(missing);
        for (int i = 0; i < newestFirst.Count; i++)
        {
            for (RefTipReader reader = newestFirst[i].Packed.Read(); reader.MoveNext(); )
            {
                if (!sieve.MayHave(reader.RawId) && !sieve.MayHave(reader.RawPeeled) || IsCoveredBefore(i, reader.Name))
                {
                    continue;
                }

                missing.Remove(reader.Id);
                if (reader.Peeled is { } peeled)
                {
                    missing.Remove(peeled);
                }

                if (missing.Count == 0)
                {
                    return missing;
                }
            }
        }

        return missing;
    }

    /// <summary>The <see cref="Tips()"/> with one of these ids.</summary>
    public IEnumerable<RefTip> TipsOf(IReadOnlySet<ObjectId> ids)
    {
        var sieve = new IdSieve(ids);
        for (int i = 0; i < newestFirst.Count; i++)
        {
            for (RefTipReader reader = newestFirst[i].Packed.Read(); reader.MoveNext(); )
            {
                if (sieve.MayHave(reader.RawId) && ids.Contains(reader.Id) && !IsCoveredBefore(i, reader.Name))
                {
                    yield return reader.Tip;
                }
            }
        }
    }

    /// <summary>
    /// The digest, 32 bytes, of the annotated tags (id and peeled id) that the credential saw; a response with include-tag depends on it.
    /// Null if not all tags are known.
    /// </summary>
    public byte[]? TagsDigest()
    {
        if (newestFirst.FirstOrDefault(static listing => listing.TouchesTags) is not { HasAllTags: true } listing)
        {
            return null;
        }

        return listing.Packed.TagsDigest();
    }

    /// <summary>Every shown ref, as the newest listing that covers it shows it.</summary>
    public IEnumerable<RefTip> Tips()
    {
        for (int i = 0; i < newestFirst.Count; i++)
        {
            foreach (RefTip tip in newestFirst[i].Tips)
            {
                if (!IsCoveredBefore(i, tip.Name))
                {
                    yield return tip;
                }
            }
        }
    }

    /// <summary>The ids of the <see cref="Tips()"/>, without an object for each.</summary>
    public IEnumerable<ObjectId> TipIds()
    {
        for (int i = 0; i < newestFirst.Count; i++)
        {
            for (RefTipReader reader = newestFirst[i].Packed.Read(); reader.MoveNext(); )
            {
                if (!IsCoveredBefore(i, reader.Name))
                {
                    yield return reader.Id;
                }
            }
        }
    }

    /// <summary>The ids of the annotated tags, as far as listings have their targets.</summary>
    public IEnumerable<ObjectId> AnnotatedTagIds()
    {
        for (var reader = new ViewReader(this, peeledOnly: true); reader.MoveNext(); )
        {
            if (reader.Tip.IsAnnotatedTag)
            {
                yield return reader.Tip.Id;
            }
        }
    }

    /// <summary>Whether a listing with the targets of annotated tags would show a ref of this name, if this credential sees it.</summary>
    public bool Covers(ReadOnlySpan<char> refName)
    {
        foreach (RefListing listing in newestFirst)
        {
            if (listing.Asked.Peel && listing.Asked.Covers(refName))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether <see cref="Tips()"/> has every ref whose name begins with this prefix.</summary>
    public bool CoversAll(string prefix) => newestFirst.Any(listing => listing.IsComplete || listing.Asked.Prefixes.Find(prefix) >= 0);

    /// <summary>Whether a listing that is newer than this one covers the ref.</summary>
    internal bool IsCoveredBefore(int index, ReadOnlySpan<byte> name) =>
        index > 0 && IsCoveredBefore(index, RefName.ToCharacters(name, stackalloc char[name.Length]));

    private bool IsCoveredBefore(int index, ReadOnlySpan<char> name)
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
