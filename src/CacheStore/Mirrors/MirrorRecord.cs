using System.Text.Json;
using System.Text.Json.Serialization;
using Waystation.CacheStore.Disk;

namespace Waystation.CacheStore.Mirrors;

/// <summary>The record beside a mirror's repository: its name, and facts that its refs do not show.</summary>
internal sealed record MirrorRecord
{
    public required string Host { get; init; }

    public required string Path { get; init; }

    /// <summary><c>sha1</c> or <c>sha256</c>.</summary>
    public required string ObjectFormat { get; init; }

    /// <summary>Whether there may be objects that no ref leads to: a ref was deleted or rewound, and upkeep has not sorted them out
    /// since.</summary>
    public required bool HoldsOrphans { get; init; }

    /// <summary>Whether objects came without their refs; until these are set, the objects count as orphans.</summary>
    public required bool IsUnsettled { get; init; }

    /// <summary>
    /// Packs have come that were too large to check whether refs lead to all of their objects. Until upkeep has checked it, the objects
    /// count as orphans.
    /// </summary>
    public required bool IsUnproven { get; init; }

    /// <summary>
    /// Whether a stranger's fetch began it and no known client has used it. A record of an earlier version says nothing: then it is false.
    /// </summary>
    public bool IsOfStrangers { get; init; }

    /// <summary>
    /// The bytes of its files when upkeep had nothing left to do; null if it has changed since, and in a record of an earlier version.
    /// So a start knows without a look at the files which mirrors call for upkeep.
    /// </summary>
    public long? UpkeptBytes { get; init; }

    /// <summary>
    /// How its LFS objects were chosen when all of them had been fetched ahead; null if it has changed since, or they were not.
    /// </summary>
    public string? PrefetchedBy { get; init; }

    /// <exception cref="InvalidDataException">It is not a record.</exception>
    public static MirrorRecord Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(RegularFile.At(file)), MirrorRecordJson.Default.MirrorRecord)
                ?? throw new InvalidDataException("the mirror's record is empty");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("the mirror's record cannot be read", e);
        }
    }

    public void Write(string file)
    {
        string temporary = file + ".new";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(stream, this, MirrorRecordJson.Default.MirrorRecord);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, file, overwrite: true);
    }
}

[JsonSerializable(typeof(MirrorRecord))]
internal sealed partial class MirrorRecordJson : JsonSerializerContext;
