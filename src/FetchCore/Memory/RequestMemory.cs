namespace Waystation.FetchCore.Memory;

/// <summary>
/// One budget for the memory of all requests: their bodies as they came, inflated and parsed, and the input of git. The node does not
/// answer a request that finds no room, but forwards it as it comes.
/// <code>
///   0 ........................ 3/4 .......... limit
///   any request                small ones only
/// </code>
/// Nearly all requests are small. The last quarter is for these, so a few huge or endless ones do not take the cache away from others.
/// </summary>
public sealed class RequestMemory(long limit)
{
    /// <summary>Bytes of a small request: the wants of a clone with about a thousand refs, or the haves of a fetch.</summary>
    private const long Small = 1 << 20;

    private long _held;

    /// <summary>Bytes held now.</summary>
    public long Held => Interlocked.Read(ref _held);

    /// <summary>The share of one request, empty at first.</summary>
    public MemoryShare Open() => new(this);

    internal bool TryTake(long bytes, long already)
    {
        long room = already + bytes <= Small ? limit : limit / 4 * 3;
        if (Interlocked.Add(ref _held, bytes) <= room)
        {
            return true;
        }

        Give(bytes);
        return false;
    }

    internal void Give(long bytes) => Interlocked.Add(ref _held, -bytes);
}
