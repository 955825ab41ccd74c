using System.Security.Cryptography;
using Waystation.Farm.Tickets;
using Waystation.FetchCore.Access;

namespace Waystation.Farm.Peers.Messages;

/// <summary>The listings of a credential, for another node: each as a shared ticket has it.</summary>
internal static class ViewBytes
{
    /// <summary>Writes a view. A listing with ids of both formats is left out: the other node then gives less, and never more.</summary>
    public static ReadOnlyMemory<byte> Write(AccessView view)
    {
        var all = new FieldWriter();
        foreach (RefListing listing in view.Listings)
        {
            _ = ListingCodec.TryWrite(all, listing);
        }

        return all.Written;
    }

    /// <summary>The digest of a written view.</summary>
    public static string DigestOf(ReadOnlySpan<byte> view) => Convert.ToHexStringLower(SHA256.HashData(view));

    /// <summary>Reads a view.</summary>
    /// <exception cref="IOException">It is none.</exception>
    public static AccessView Read(ReadOnlyMemory<byte> view)
    {
        var fields = new FieldReader(view.Span);
        List<RefListing> listings = [];
        while (!fields.IsEnd)
        {
            listings.Add(ListingCodec.Read(ref fields) ?? throw new IOException("a peer sent listings that cannot be read"));
        }

        return new AccessView(listings);
    }
}
