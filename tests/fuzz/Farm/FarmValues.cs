using Waystation.CacheStore;
using Waystation.Farm.Lfs;
using Waystation.Farm.Purges;
using Waystation.Farm.Tickets;
using Waystation.FetchCore.Access;

namespace Waystation.Fuzz.Farm;

/// <summary>
/// Values and announcements of a farm, as they are behind their seal: a node of another version, or with a fault, may have written
/// them. The first byte says which of these follows. What was read must survive being written and read again.
/// </summary>
internal static class FarmValues
{
    private static readonly Action<byte[]>[] s_readers = [Entry, Listing, Grant, Refusals, Push, Purges];

    public static void Read(byte[] bytes)
    {
        if (bytes is [var first, .. var rest])
        {
            s_readers[first % s_readers.Length](rest);
        }
    }

    private static void Entry(byte[] bytes)
    {
        if (EntryCodec.Read(bytes) is { } entry && EntryCodec.Write(entry) is { } written)
        {
            SharedEntry again = EntryCodec.Read(written.Span) ?? throw new FindingException("a written entry cannot be read");
            FindingException.IfDifferent((entry.AskedAt, entry.Position), (again.AskedAt, again.Position), "an entry");
        }
    }

    private static void Listing(byte[] bytes)
    {
        var from = new FieldReader(bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        RefListing? listing = ListingCodec.Read(ref from);
        FindingException.IfGreedy(GC.GetAllocatedBytesForCurrentThread() - before, bytes.Length, each: 2 * 1024);
        var to = new FieldWriter();
        if (listing is not null && ListingCodec.TryWrite(to, listing))
        {
            var again = new FieldReader(to.Written.Span);
            RefListing? same = ListingCodec.Read(ref again);
            FindingException.IfDifferent(Said(listing), same is null ? "" : Said(same), "a listing");
            FindingException.IfDifferent(true, again.IsEnd, "the end of a listing");
        }
    }

    private static string Said(RefListing listing) =>
        $"{listing.Asked} {listing.IsOfShallow} {listing.UnbornHeadTarget} {listing.Older?.Capabilities} {string.Join(',', listing.Tips)}";

    private static void Grant(byte[] bytes)
    {
        if (GrantCodec.Read(bytes) is { } grant && GrantCodec.Write(grant) is { } written)
        {
            SharedGrant again = GrantCodec.Read(written.Span) ?? throw new FindingException("a written permission cannot be read");
            FindingException.IfDifferent(
                (grant.GrantedAt, grant.Position, grant.SourceLifetime, grant.Source?.Href, string.Join(',', grant.Source?.Header ?? [])),
                (again.GrantedAt, again.Position, again.SourceLifetime, again.Source?.Href, string.Join(',', again.Source?.Header ?? [])),
                "a permission"
            );
        }
    }

    private static void Refusals(byte[] bytes)
    {
        if (NoticeCodec.ReadRefusals(bytes) is ({ } key, { } refusals))
        {
            ReadOnlyMemory<byte> written = NoticeCodec.Write(key, refusals, out int count);
            if (count == refusals.Count)
            {
                FindingException.IfDifferent(
                    string.Join(',', refusals),
                    string.Join(',', NoticeCodec.ReadRefusals(written.Span)?.Refusals ?? []),
                    "refusals"
                );
            }
        }
    }

    private static void Push(byte[] bytes)
    {
        if (NoticeCodec.ReadPush(bytes) is { Refs: { } refs } push)
        {
            ReadOnlyMemory<byte> written = NoticeCodec.Write(push.Key, push.Repository, push.Pusher, refs);
            PushNotice? again = NoticeCodec.ReadPush(written.Span);
            FindingException.IfDifferent((push.Key, push.Repository, push.Pusher), (again!.Key, again.Repository, again.Pusher), "a push");
            FindingException.IfDifferent(true, again.Refs is null || string.Join(',', again.Refs) == string.Join(',', refs), "pushed refs");
        }
    }

    private static void Purges(byte[] bytes)
    {
        if (PurgeCodec.Read(bytes) is { } purges)
        {
            ReadOnlyMemory<byte> written = PurgeCodec.Write([.. purges]);
            FindingException.IfDifferent(
                string.Join(',', purges),
                string.Join(',', PurgeCodec.Read(written.Span) ?? []),
                "orders to purge"
            );
        }
    }
}
