using Waystation.CacheStore;
using Waystation.Farm.Tickets;

namespace Waystation.Farm.Purges;

/// <summary>Writes and reads orders to purge.</summary>
internal static class PurgeCodec
{
    /// <summary>Orders of one list.</summary>
    public const int MaxPurges = 1_024;

    private const int Version = 1;

    public static ReadOnlyMemory<byte> Write(IReadOnlyCollection<Purge> purges)
    {
        var to = new FieldWriter();
        to.Byte(Version);
        to.Count(purges.Count);
        foreach (Purge purge in purges)
        {
            to.Raw(purge.Id.ToByteArray());
            to.Repository(purge.Repository);
            to.Number(purge.At);
        }

        return to.Written;
    }

    /// <summary>The orders; null if they cannot be read.</summary>
    public static IReadOnlyList<Purge>? Read(ReadOnlySpan<byte> bytes)
    {
        var from = new FieldReader(bytes);
        int version = from.Byte();
        List<Purge> purges = [];
        for (int left = from.Count(MaxPurges); left > 0 && from.IsWhole; left--)
        {
            Guid id = from.Take(16) is { Length: 16 } raw ? new Guid(raw) : default;
            purges.Add(new Purge(id, from.Repository(), from.Number()));
        }

        return from.IsEnd && version == Version ? purges : null;
    }
}
