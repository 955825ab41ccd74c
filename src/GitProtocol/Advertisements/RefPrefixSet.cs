namespace Waystation.GitProtocol.Advertisements;

/// <summary>
/// The prefixes of an ls-refs, sorted and without redundant ones: no prefix begins with another. So a name can begin only with the last
/// prefix that sorts before it, and one search finds that prefix, for any number of prefixes.
/// </summary>
public sealed class RefPrefixSet : IEquatable<RefPrefixSet>
{
    /// <summary>No prefix.</summary>
    public static readonly RefPrefixSet None = new([]);

    private readonly string[] _sorted;

    private RefPrefixSet(string[] sorted) => this._sorted = sorted;

    /// <summary>How many prefixes are left.</summary>
    public int Count => _sorted.Length;

    /// <summary>The smallest set that admits the same names as these prefixes.</summary>
    public static RefPrefixSet Of(IReadOnlyList<string> prefixes)
    {
        ArgumentNullException.ThrowIfNull(prefixes);
        if (prefixes.Count == 0)
        {
            return None;
        }

        string[] all = [.. prefixes];
        Array.Sort(all, StringComparer.Ordinal);
        int kept = 0;
        foreach (string prefix in all)
        {
            // A shorter prefix sorts before all that begin with it.
            if (kept == 0 || !prefix.StartsWith(all[kept - 1], StringComparison.Ordinal))
            {
                all[kept++] = prefix;
            }
        }
        return new RefPrefixSet(all[..kept]);
    }

    /// <summary>A prefix, by its index.</summary>
    public string this[int index] => _sorted[index];

    /// <summary>The index of the prefix that this name begins with; -1 if there is none.</summary>
    public int Find(ReadOnlySpan<char> name)
    {
        int from = 0,
            to = _sorted.Length;
        while (from < to)
        {
            int middle = (from + to) / 2;
            if (_sorted[middle].AsSpan().SequenceCompareTo(name) <= 0)
            {
                from = middle + 1;
            }
            else
            {
                to = middle;
            }
        }

        return from > 0 && name.StartsWith(_sorted[from - 1], StringComparison.Ordinal) ? from - 1 : -1;
    }

    /// <summary>Whether this set admits every name that the other set admits.</summary>
    public bool Covers(RefPrefixSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Array.TrueForAll(other._sorted, prefix => Find(prefix) >= 0);
    }

    /// <summary>Whether one of the prefixes begins with this text.</summary>
    public bool HasWithin(string text)
    {
        int at = Array.BinarySearch(_sorted, text, StringComparer.Ordinal);
        if (at < 0)
        {
            at = ~at;
        }

        return at < _sorted.Length && _sorted[at].StartsWith(text, StringComparison.Ordinal);
    }

    /// <inheritdoc />
    public bool Equals(RefPrefixSet? other) => other is not null && _sorted.AsSpan().SequenceEqual(other._sorted);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as RefPrefixSet);

    /// <inheritdoc />
    public override int GetHashCode() => _sorted.Length == 0 ? 0 : HashCode.Combine(_sorted.Length, _sorted[0], _sorted[^1]);
}
