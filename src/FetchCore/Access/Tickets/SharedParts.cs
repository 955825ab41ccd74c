using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access.Tickets;

/// <summary>
/// Keeps one copy of equal parts of many tickets: a thousand build jobs with their own credentials see the same 200,000 refs. Its bytes
/// count while a ticket holds it. Not for several threads at once.
/// </summary>
/// <param name="total">The memory of all parts of all kinds.</param>
internal sealed class SharedParts<T>(ByteCount total)
    where T : class
{
    private readonly Dictionary<ObjectId, Part> _byDigest = [];
    private readonly Dictionary<T, Part> _byItem = new(ReferenceEqualityComparer.Instance);
    private Part? _largest;

    /// <summary>How many different parts are held.</summary>
    public int Count => _byDigest.Count;

    /// <summary>A part that is held and as large as any, the latest of equals; null for a while after the largest has gone.</summary>
    public T? Largest => _largest?.Item;

    /// <summary>What the parts held here take in memory.</summary>
    public long Bytes { get; private set; }

    /// <summary>Returns the equal part that is held already, or this one, and holds it once more.</summary>
    /// <param name="item">The part.</param>
    /// <param name="digest">Equal only for equal parts.</param>
    /// <param name="bytes">Its size in memory.</param>
    public T Hold(T item, ObjectId digest, long bytes)
    {
        if (!_byDigest.TryGetValue(digest, out Part? part))
        {
            part = new Part(item, digest, bytes);
            _byDigest.Add(digest, part);
            _byItem.Add(item, part);
            Bytes += bytes;
            total.Bytes += bytes;
        }

        part.Holders++;
        if (_largest is null || part.Bytes >= _largest.Bytes)
        {
            _largest = part;
        }

        return part.Item;
    }

    /// <summary>The size of a part that is held, in memory.</summary>
    public long BytesOf(T item) => _byItem[item].Bytes;

    /// <summary>Holds a part that is held already once more.</summary>
    public void HoldAgain(T item) => _byItem[item].Holders++;

    /// <summary>Undoes one hold.</summary>
    public void Release(T item)
    {
        Part part = _byItem[item];
        if (--part.Holders == 0)
        {
            _byItem.Remove(item);
            _byDigest.Remove(part.Digest);
            _largest = ReferenceEquals(_largest, part) ? null : _largest;
            Bytes -= part.Bytes;
            total.Bytes -= part.Bytes;
        }
    }

    private sealed class Part(T item, ObjectId digest, long bytes)
    {
        public T Item => item;

        public ObjectId Digest => digest;

        public long Bytes => bytes;

        public int Holders { get; set; }
    }
}
