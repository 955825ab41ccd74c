using Waystation.FetchCore.Access;
using Waystation.GitProtocol.Advertisements;
using Waystation.GitProtocol.Objects;
using Waystation.GitProtocol.Requests;

namespace Waystation.Farm.Tickets;

/// <summary>
/// Writes and reads a listing of refs. Names of neighbours are alike, so a name says how many characters it has in common with the name
/// before it.
/// </summary>
internal static class ListingCodec
{
    /// <summary>Refs of one listing, more than any that is shared.</summary>
    private const int MaxTips = 1 << 20;

    /// <summary>Characters of a text other than a name of a ref.</summary>
    private const int MaxText = 1 << 20;

    private const int HasPeeled = 1;
    private const int HasTarget = 2;

    [Flags]
    private enum Has
    {
        Nothing = 0,
        Peel = 1,
        Symrefs = 2,
        Unborn = 4,
        Boundary = 8,
        IsShallow = 16,
        UnbornHead = 32,
        Older = 64,
    }

    /// <summary>Writes a listing; false if ids of both formats are in it.</summary>
    public static bool TryWrite(FieldWriter to, RefListing listing)
    {
        ObjectFormat format = listing.Tips.Count > 0 ? listing.Tips[0].Id.Format : listing.Asked.ObjectFormat;
        if (
            listing.Tips.Any(tip => tip.Id.Format != format || (tip.Peeled is { } peeled && peeled.Format != format))
            || listing.Older?.Shallows.Any(shallow => shallow.Format != format) == true
        )
        {
            return false;
        }

        to.Byte((int)listing.Asked.ObjectFormat);
        to.Byte((int)format);
        to.Byte((int)PartsOf(listing));
        to.Count(listing.Asked.RefPrefixes.Count);
        foreach (string prefix in listing.Asked.RefPrefixes)
        {
            to.Latin(prefix);
        }

        if (listing.UnbornHeadTarget is { } target)
        {
            to.Latin(target);
        }

        if (listing.Older is { } older)
        {
            to.Byte(older.Version);
            to.Text(older.Capabilities);
            to.Count(older.Shallows.Count);
            foreach (ObjectId shallow in older.Shallows)
            {
                Write(to, shallow);
            }
        }

        WriteTips(to, listing.Tips);
        return true;
    }

    /// <summary>The listing; null if its fields cannot be read.</summary>
    public static RefListing? Read(ref FieldReader from)
    {
        (int asked, int written, var has) = (from.Byte(), from.Byte(), (Has)from.Byte());
        if (asked > 1 || written > 1)
        {
            return null;
        }

        var format = (ObjectFormat)written;
        var prefixes = new string[from.Count(LsRefsRequest.MaxPrefixes)];
        for (int i = 0; i < prefixes.Length && from.IsWhole; i++)
        {
            prefixes[i] = from.Latin(RefName.MaxLength);
        }

        string? unborn = has.HasFlag(Has.UnbornHead) ? from.Latin(RefName.MaxLength) : null;
        V0Advertisement? older = has.HasFlag(Has.Older) ? ReadOlder(ref from, format) : null;
        List<RefTip> tips = ReadTips(ref from, format);
        return from.IsWhole
            ? new RefListing(
                new LsRefsRequest
                {
                    ObjectFormat = (ObjectFormat)asked,
                    Peel = has.HasFlag(Has.Peel),
                    Symrefs = has.HasFlag(Has.Symrefs),
                    Unborn = has.HasFlag(Has.Unborn),
                    RefPrefixes = prefixes,
                },
                tips
            )
            {
                IsOfShallow = has.HasFlag(Has.Boundary) ? has.HasFlag(Has.IsShallow) : null,
                UnbornHeadTarget = unborn,
                Older = older,
            }
            : null;
    }

    private static V0Advertisement ReadOlder(ref FieldReader from, ObjectFormat format)
    {
        (int version, string capabilities) = (from.Byte(), from.Text(MaxText));
        List<ObjectId> shallows = [];
        for (int left = from.Count(MaxTips); left > 0 && from.IsWhole; left--)
        {
            shallows.Add(ReadId(ref from, format));
        }

        return new V0Advertisement(version, capabilities, shallows);
    }

    private static List<RefTip> ReadTips(ref FieldReader from, ObjectFormat format)
    {
        List<RefTip> tips = [];
        string before = "";
        for (int left = from.Count(MaxTips); left > 0 && from.IsWhole; left--)
        {
            int has = from.Byte();
            string name = string.Concat(before.AsSpan(0, from.Count(before.Length)), from.Latin(RefName.MaxLength));
            ObjectId id = ReadId(ref from, format);
            ObjectId? peeled = (has & HasPeeled) != 0 ? ReadId(ref from, format) : null;
            string? target = (has & HasTarget) != 0 ? from.Latin(RefName.MaxLength) : null;
            tips.Add(new RefTip(name, id, peeled, target));
            before = name;
        }

        return tips;
    }

    private static ObjectId ReadId(ref FieldReader from, ObjectFormat format) =>
        from.Take(format.DigestLength) is { Length: > 0 } raw ? ObjectId.FromRaw(raw) : default;

    private static Has PartsOf(RefListing listing) =>
        (listing.Asked.Peel ? Has.Peel : Has.Nothing)
        | (listing.Asked.Symrefs ? Has.Symrefs : Has.Nothing)
        | (listing.Asked.Unborn ? Has.Unborn : Has.Nothing)
        | (listing.IsOfShallow is not null ? Has.Boundary : Has.Nothing)
        | (listing.IsOfShallow == true ? Has.IsShallow : Has.Nothing)
        | (listing.UnbornHeadTarget is not null ? Has.UnbornHead : Has.Nothing)
        | (listing.Older is not null ? Has.Older : Has.Nothing);

    private static void WriteTips(FieldWriter to, IReadOnlyList<RefTip> tips)
    {
        to.Count(tips.Count);
        string before = "";
        foreach (RefTip tip in tips)
        {
            int common = before.AsSpan().CommonPrefixLength(tip.Name);
            to.Byte((tip.Peeled is not null ? HasPeeled : 0) | (tip.SymrefTarget is not null ? HasTarget : 0));
            to.Count(common);
            to.Latin(tip.Name.AsSpan(common));
            Write(to, tip.Id);
            if (tip.Peeled is { } peeled)
            {
                Write(to, peeled);
            }

            if (tip.SymrefTarget is { } target)
            {
                to.Latin(target);
            }

            before = tip.Name;
        }
    }

    private static void Write(FieldWriter to, ObjectId id)
    {
        Span<byte> raw = stackalloc byte[32];
        id.CopyTo(raw);
        to.Raw(raw[..id.Format.DigestLength]);
    }
}
