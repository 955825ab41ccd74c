namespace Waystation.FetchCore.Primaries;

/// <summary>A disposable that runs an action once.</summary>
public sealed class Disposable(Action? dispose) : IDisposable
{
    private Action? _dispose = dispose;

    /// <summary>Does nothing.</summary>
    public static Disposable Nothing { get; } = new(null);

    /// <inheritdoc />
    public void Dispose() => Interlocked.Exchange(ref _dispose, null)?.Invoke();
}
