using System.Security.Cryptography;
using Waystation.FetchCore.Access.Recording;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access.Tickets;

/// <summary>Computes digests and sizes of the parts of tickets.</summary>
internal static class TicketParts
{
    /// <summary>A tip as an object with two ids, and the head of its name's string.</summary>
    private const int BytesPerTip = 144;

    private const int BytesPerString = 32;

    private const int BytesPerId = 40;

    /// <summary>A listing or an advertisement of capabilities with nothing in it.</summary>
    private const int BytesPerPart = 256;

    /// <summary>The bytes of a listing in memory, with its question.</summary>
    public static long BytesOf(RefListing listing)
    {
        long bytes = BytesPerPart + (2L * (listing.Older?.Capabilities.Length ?? 0)) + (BytesPerId * (listing.Older?.Shallows.Count ?? 0));
        foreach (string prefix in listing.Asked.RefPrefixes)
        {
            bytes += BytesPerString + (2L * prefix.Length);
        }

        foreach (RefTip tip in listing.Tips)
        {
            bytes += BytesPerTip + (2L * tip.Name.Length) + (tip.SymrefTarget is { } target ? BytesPerString + (2L * target.Length) : 0);
        }

        return bytes;
    }

    /// <summary>The bytes of capabilities in memory: the bytes as they came, and the parsed text.</summary>
    public static long BytesOf(CapabilityAdvertisement capabilities) => BytesPerPart + (4L * capabilities.Bytes.Length);

    public static ObjectId DigestOf(CapabilityAdvertisement capabilities) => ObjectId.FromRaw(SHA256.HashData(capabilities.Bytes.Span));

    public static ObjectId DigestOf(RefListing listing)
    {
        using var digest = new ListingDigest();
        byte boundary = listing.IsOfShallow switch
        {
            null => 0,
            false => 1,
            true => 2,
        };
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
