using System.Security.Cryptography;
using Waystation.FetchCore.Access.Recording;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access.Tickets;

/// <summary>Computes digests and sizes of the parts of tickets.</summary>
internal static class TicketParts
{
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

        return bytes + listing.Packed.Bytes;
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

        foreach (ReadOnlyMemory<byte> chunk in listing.Packed.Chunks)
        {
            digest.Append(chunk.Span);
        }

        return digest.Finish();
    }
}
