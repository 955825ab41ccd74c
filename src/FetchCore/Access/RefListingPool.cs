using System.Runtime.InteropServices;
using System.Security.Cryptography;
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
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte boundary = listing.IsOfShallow switch { null => 0, false => 1, true => 2 };
        int flags = (listing.Asked.Peel ? 1 : 0) | (listing.Asked.Symrefs ? 2 : 0) | (listing.Asked.Unborn ? 4 : 0);
        hash.AppendData([(byte)listing.Asked.ObjectFormat, (byte)flags, boundary, (byte)(listing.Older?.Version + 1 ?? 0)]);
        AppendText(hash, listing.UnbornHeadTarget ?? "");
        AppendText(hash, listing.Older?.Capabilities ?? "");
        AppendText(hash, listing.Asked.RefPrefixes.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
        foreach (string prefix in listing.Asked.RefPrefixes)
        {
            AppendText(hash, prefix);
        }

        Span<byte> raw = stackalloc byte[SHA256.HashSizeInBytes];
        foreach (ObjectId shallow in listing.Older?.Shallows ?? [])
        {
            AppendId(hash, shallow, raw);
        }

        foreach (RefTip tip in listing.Tips)
        {
            AppendText(hash, tip.Name);
            AppendId(hash, tip.Id, raw);
            AppendId(hash, tip.Peeled ?? default, raw);
            AppendText(hash, tip.SymrefTarget ?? "");
        }

        return ObjectId.FromRaw(hash.GetHashAndReset());
    }

    private static void AppendText(IncrementalHash hash, string text)
    {
        hash.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
        hash.AppendData([0, 0]);
    }

    private static void AppendId(IncrementalHash hash, ObjectId id, Span<byte> raw)
    {
        raw.Clear();
        id.CopyTo(raw);
        hash.AppendData(raw);
    }
}
