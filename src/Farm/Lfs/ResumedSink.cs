using Waystation.CacheStore.Lfs;

namespace Waystation.Farm.Lfs;

/// <summary>
/// A sink for several sources of one object, one after another. A later source begins anew, and the bytes that an earlier one wrote are
/// left out. So an object does not break off because a node died.
/// </summary>
internal sealed class ResumedSink(ILfsSink inner) : ILfsSink
{
    private long _written;
    private long _at;

    /// <inheritdoc />
    public CancellationToken Stopping => inner.Stopping;

    /// <inheritdoc />
    public bool IsOfStrangers => inner.IsOfStrangers;

    /// <summary>Whether a byte has come.</summary>
    public bool HasByte => _written > 0;

    /// <summary>The next source begins.</summary>
    public void Rewind() => _at = 0;

    /// <inheritdoc />
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        long known = Math.Min(bytes.Length, _written - _at);
        _at += bytes.Length;
        if (known < bytes.Length)
        {
            _written = _at;
            await inner.WriteAsync(bytes[(int)known..]);
        }
    }

    /// <inheritdoc />
    /// <exception cref="LfsBrokenException">A byte came from an earlier source, so the object breaks off.</exception>
    public void Refuse(LfsRefusal refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        if (HasByte)
        {
            throw new LfsBrokenException(refusal.Message);
        }

        inner.Refuse(refusal);
    }
}
