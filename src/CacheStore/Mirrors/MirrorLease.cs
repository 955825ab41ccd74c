namespace Waystation.CacheStore.Mirrors;

/// <summary>One reading of a mirror. Until it is disposed, no file that was there at its beginning is deleted.</summary>
public sealed class MirrorLease : IDisposable
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<MirrorLease> _onEnd;

    internal MirrorLease(Mirror mirror, Action<MirrorLease> onEnd)
    {
        Mirror = mirror;
        _onEnd = onEnd;
    }

    /// <summary>The mirror that is read.</summary>
    public Mirror Mirror { get; }

    internal Task Ended => _ended.Task;

    /// <inheritdoc />
    public void Dispose()
    {
        if (_ended.TrySetResult())
        {
            _onEnd(this);
        }
    }
}
