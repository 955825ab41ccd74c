using Waystation.GitProtocol.Objects;

namespace Waystation.CacheStore.Packs.Storing;

/// <summary>A kept pack with which a newer one may begin.</summary>
public sealed class EarlierPack
{
    internal EarlierPack(string path, PackRecord record, uint objectCount)
    {
        Path = path;
        Record = record;
        ObjectCount = objectCount;
    }

    /// <summary>The objects that its clone wanted.</summary>
    public IReadOnlyList<ObjectId> Wants => Record.WholeClone!.Wants;

    /// <summary>The number of its objects.</summary>
    public uint ObjectCount { get; }

    /// <summary>Bytes of it.</summary>
    public long Length => Record.PackLength;

    /// <summary>Bytes of the objects that have come since its base was made.</summary>
    public long IncrementLength => Record.Composition?.IncrementLength ?? 0;

    internal string Path { get; }

    internal PackRecord Record { get; }
}
