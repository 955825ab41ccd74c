namespace Waystation.CacheStore.Packs.Storing;

/// <summary>One pack on disk.</summary>
/// <param name="path">The path of its files, without a suffix.</param>
/// <param name="repository">Its repository.</param>
internal sealed class KeptPack(string path, RepositoryName repository)
{
    private readonly WeakReference<PackRecord?> _record = new(null);

    public string Path => path;

    public RepositoryName Repository => repository;

    /// <summary>Its record, while a reader uses it, so that the checksums of a long pack are in memory once and not once for each
    /// reader.</summary>
    public PackRecord? RecordInUse
    {
        get => _record.TryGetTarget(out PackRecord? record) ? record : null;
        set => _record.SetTarget(value);
    }
}
