namespace Waystation.FetchCore.Memory;

/// <summary>The bytes that one request holds of <see cref="RequestMemory"/>. One thread at a time changes them; disposal gives all of them
/// back.</summary>
public sealed class MemoryShare : IDisposable
{
    private readonly RequestMemory _memory;
    private long _bytes;

    internal MemoryShare(RequestMemory memory) => _memory = memory;

    /// <summary>Takes more bytes. If there is no room, it returns false and takes none.</summary>
    public bool TryGrow(long by)
    {
        if (!_memory.TryTake(by, _bytes))
        {
            return false;
        }

        _bytes += by;
        return true;
    }

    /// <summary>Takes the bytes that are missing to a size.</summary>
    public bool TryGrowTo(long bytes) => bytes <= _bytes || TryGrow(bytes - _bytes);

    /// <summary>Grows to a size, for a caller that cannot forward.</summary>
    /// <exception cref="RequestMemoryFullException">There is no room.</exception>
    public void GrowTo(long bytes)
    {
        if (!TryGrowTo(bytes))
        {
            throw new RequestMemoryFullException();
        }
    }

    /// <summary>Gives back the bytes beyond a size.</summary>
    public void ShrinkTo(long bytes)
    {
        if (bytes < _bytes)
        {
            Shrink(_bytes - bytes);
        }
    }

    /// <summary>Gives bytes back.</summary>
    public void Shrink(long by)
    {
        _bytes -= by;
        _memory.Give(by);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _memory.Give(_bytes);
        _bytes = 0;
    }
}
