namespace Waystation.CacheStore.Packs.Storing;

/// <summary>One pack on disk.</summary>
/// <param name="path">The path of its files, without a suffix.</param>
/// <param name="repository">Its repository.</param>
/// <param name="record">Its record.</param>
internal sealed class KeptPack(string path, RepositoryName repository, PackRecord record)
{
    /// <summary>The suffix of its file, without its record's.</summary>
    private readonly string _suffix = PackContent.SuffixOf(record);

    private readonly WeakReference<PackRecord?> _record = new(null);

    public PackKey Key { get; } = record.Key;

    public string Path => path;

    /// <summary>The file with its bytes, or those of its increment.</summary>
    public string File => path + _suffix;

    /// <summary>The shape of the clone whose pack it is; null if no later pack may begin with it.</summary>
    public PackKey? Shape { get; } = record.WholeClone?.Shape;

    public DateTimeOffset MadeAt { get; } = record.MadeAt;

    /// <summary>The other packs whose files it needs.</summary>
    public IReadOnlyList<PackKey> Needs { get; } = [.. record.Composition?.Parts.SkipLast(1).Select(static part => part.Owner) ?? []];

    public RepositoryName Repository => repository;

    /// <summary>Its record, while a reader uses it, so that the checksums of a long pack are in memory once and not once for each
    /// reader.</summary>
    public PackRecord? RecordInUse
    {
        get => _record.TryGetTarget(out PackRecord? record) ? record : null;
        set => _record.SetTarget(value);
    }
}
