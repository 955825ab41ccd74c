using Waystation.GitProtocol.Objects;

namespace Waystation.FetchCore.Access.Tickets;

/// <summary>
/// Keeps one copy of what many tickets hold: a thousand build jobs with credentials of their own see the same 200,000 refs. Its bytes are
/// counted for as long as one ticket holds it. Not for several threads at once.
/// </summary>
/// <param name="total">What all parts of all kinds take in memory.</param>
internal sealed class SharedParts<T>(ByteCount total)
    where T : class
{
    private readonly Dictionary<ObjectId, Part> _byDigest = [];
    private readonly Dictionary<T, Part> _byItem = new(ReferenceEqualityComparer.Instance);

    /// <summary>How many different parts are held.</summary>
    public int Count => _byDigest.Count;

    /// <summary>What the parts held here take in memory.</summary>
    public long Bytes { get; private set; }

    /// <summary>The part equal to this one that is held already, or this one; held once more.</summary>
    /// <param name="item">The part.</param>
    /// <param name="digest">Equal for equal parts alone.</param>
    /// <param name="bytes">What it takes in memory.</param>
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
        return part.Item;
    }

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
