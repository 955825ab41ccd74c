using System.Buffers;

namespace Waystation.CacheStore.Packs.Filling;

/// <summary>The progress text of a source, for readers, also for those that are behind. Of much text the rest is dropped.</summary>
internal sealed class FillProgress
{
    private const int MaxBytes = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly List<ReadOnlyMemory<byte>> _texts = [];
    private int _bytes;

    /// <summary>The number of texts.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _texts.Count;
            }
        }
    }

    /// <summary>Adds a text; false if it is dropped.</summary>
    public bool TryAdd(ReadOnlySequence<byte> text)
    {
        lock (_gate)
        {
            if (_bytes + text.Length > MaxBytes)
            {
                return false;
            }

            _bytes += (int)text.Length;
            _texts.Add(text.ToArray());
            return true;
        }
    }

    /// <summary>The next text for a reader; false if the reader has seen all.</summary>
    /// <param name="seen">The number of texts that the reader has seen; one more afterwards.</param>
    /// <param name="text">The text.</param>
    public bool TryNext(ref int seen, out ReadOnlyMemory<byte> text)
    {
        lock (_gate)
        {
            bool has = seen < _texts.Count;
            text = has ? _texts[seen++] : default;
            return has;
        }
    }
}
