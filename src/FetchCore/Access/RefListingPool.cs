using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access;

/// <summary>
/// Keeps one copy of equal listings: a thousand build jobs with credentials of their own see the same 200,000 refs.
/// Listings that no ticket holds any more are the collector's.
/// </summary>
internal sealed class RefListingPool
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectId, WeakReference<RefListing>> _listings = [];

    /// <summary>Ref tips held by all listings alive.</summary>
    public long CountTips()
    {
        lock (_gate)
        {
            long tips = 0;
            foreach ((ObjectId digest, WeakReference<RefListing> entry) in _listings)
            {
                if (entry.TryGetTarget(out RefListing? listing))
                {
                    tips += listing.Tips.Count;
                }
                else
                {
                    _listings.Remove(digest);
                }
            }

            return tips;
        }
    }

    /// <summary>The listing equal to this one that is held already, or this one.</summary>
    public RefListing Share(RefListing listing)
    {
        ObjectId digest = DigestOf(listing);
        lock (_gate)
        {
            if (_listings.TryGetValue(digest, out WeakReference<RefListing>? entry) && entry.TryGetTarget(out RefListing? held))
            {
                return held;
            }

            _listings[digest] = new WeakReference<RefListing>(listing);
            return listing;
        }
    }

    private static ObjectId DigestOf(RefListing listing)
    {
        using var digest = new ListingDigest();
        byte boundary = listing.IsOfShallow switch { null => 0, false => 1, true => 2 };
        int flags = (listing.Asked.Peel ? 1 : 0) | (listing.Asked.Symrefs ? 2 : 0) | (listing.Asked.Unborn ? 4 : 0);
        digest.Append([(byte)listing.Asked.ObjectFormat, (byte)flags, boundary, (byte)(listing.Older?.Version + 1 ?? 0)]);
        digest.Append(listing.UnbornHeadTarget ?? "");
        digest.Append(listing.Older?.Capabilities ?? "");
        digest.Append(listing.Asked.RefPrefixes.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
        foreach (string prefix in listing.Asked.RefPrefixes)
        {
            digest.Append(prefix);
        }

        foreach (ObjectId shallow in listing.Older?.Shallows ?? [])
        {
            digest.Append(shallow);
        }

        foreach (RefTip tip in listing.Tips)
        {
            digest.Append(tip.Name);
            digest.Append(tip.Id);
            digest.Append(tip.Peeled ?? default);
            digest.Append(tip.SymrefTarget ?? "");
        }

        return digest.Finish();
    }
}
