using Waystation.Farm.Announcements;
using Waystation.Farm.Tickets;
using Waystation.FetchCore.Lfs;

namespace Waystation.Farm.Lfs;

/// <summary>Writes and reads permissions for LFS objects. One of another version is a miss.</summary>
internal static class GrantCodec
{
    /// <summary>Bytes of a URL or of the value of a header field. A permission with a longer one is not shared.</summary>
    public const int MaxText = 16 * 1024;

    private const int Version = 1;
    private const int MaxFields = 64;

    /// <summary>The permission; null if it would be too long.</summary>
    public static ReadOnlyMemory<byte>? Write(SharedGrant grant)
    {
        var to = new FieldWriter();
        to.Byte(Version);
        to.Number(grant.GrantedAt);
        to.Number(grant.Position.Milliseconds);
        to.Number(grant.Position.Sequence);
        to.Number(grant.SourceLifetime.Ticks);
        to.Flag(grant.Source is not null);
        if (grant.Source is { } source)
        {
            if (
                source.Header.Count > MaxFields
                || source.Href.Length > MaxText / 4
                || source.Header.Any(static field => field.Key.Length + field.Value.Length > MaxText / 4)
            )
            {
                return null;
            }

            to.Text(source.Href);
            to.Count(source.Header.Count);
            foreach ((string name, string value) in source.Header)
            {
                to.Text(name);
                to.Text(value);
            }
        }

        return to.Written;
    }

    /// <summary>The permission; null if it cannot be read.</summary>
    public static SharedGrant? Read(ReadOnlySpan<byte> bytes)
    {
        var from = new FieldReader(bytes);
        (int version, long grantedAt) = (from.Byte(), from.Number());
        var position = new AnnouncementPosition(from.Number(), from.Number());
        var lifetime = new TimeSpan(from.Number());
        LfsSourceParts? source = null;
        if (from.Flag())
        {
            string url = from.Text(MaxText);
            var header = new KeyValuePair<string, string>[from.Count(MaxFields)];
            for (int i = 0; i < header.Length && from.IsWhole; i++)
            {
                header[i] = new(from.Text(MaxText), from.Text(MaxText));
            }

            source = new LfsSourceParts(url, header);
        }

        return from.IsEnd && version == Version ? new SharedGrant(grantedAt, position, lifetime, source) : null;
    }
}
