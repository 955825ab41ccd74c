using System.Collections;

namespace Waystation.GitProtocol.Objects;

/// <summary>An immutable list that equals another with equal items: with it the records of this project compare by value.</summary>
internal sealed class ValueList<T> : IReadOnlyList<T>, IEquatable<ValueList<T>>
    where T : notnull, IEquatable<T>
{
    public static readonly ValueList<T> Empty = new([]);

    private readonly T[] items;

    private ValueList(T[] items) => this.items = items;

    public int Count => items.Length;

    public T this[int index] => items[index];

    public static ValueList<T> From(IReadOnlyList<T> list) => list switch
    {
        ValueList<T> already => already,
        { Count: 0 } => Empty,
        _ => new ValueList<T>(list.ToArray()),
    };

    public bool Equals(ValueList<T>? other) => other is not null && items.AsSpan().SequenceEqual(other.items);

    public override bool Equals(object? obj) => Equals(obj as ValueList<T>);

    // The first and the last tell lists apart well enough; a million ids need not all be hashed.
    public override int GetHashCode() => items.Length == 0 ? 0 : HashCode.Combine(items.Length, items[0], items[^1]);

    public override string ToString() => $"{items.Length} items";

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => items.GetEnumerator();
}
