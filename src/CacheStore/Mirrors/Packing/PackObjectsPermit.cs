namespace Waystation.CacheStore.Mirrors.Packing;

/// <summary>A turn to make a pack; disposal ends it.</summary>
public sealed class PackObjectsPermit : IDisposable
{
    private Action? _end;

    internal PackObjectsPermit(int threads, Action end)
    {
        Threads = threads;
        _end = end;
    }

    /// <summary>Threads that git may compress with.</summary>
    public int Threads { get; }

    /// <inheritdoc />
    public void Dispose() => Interlocked.Exchange(ref _end, null)?.Invoke();
}
