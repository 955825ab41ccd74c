using System.Collections;

namespace Waystation.GitProtocol.Objects;

/// <summary>An immutable list that equals another with equal items: with it the records of this project compare by value.</summary>
internal sealed class ValueList<T> : IReadOnlyList<T>, IEquatable<ValueList<T>>
    where T : notnull, IEquatable<T>
{
    public static readonly ValueList<T> Empty = new([]);

    private readonly T[] _items;

    private ValueList(T[] items) => this._items = items;

    public int Count => _items.Length;

    public T this[int index] => _items[index];

    public static ValueList<T> From(IReadOnlyList<T> list) =>
        list switch
        {
            ValueList<T> already => already,
            { Count: 0 } => Empty,
            _ => new ValueList<T>(list.ToArray()),
        };

    public bool Equals(ValueList<T>? other) => other is not null && _items.AsSpan().SequenceEqual(other._items);

    public override bool Equals(object? obj) => Equals(obj as ValueList<T>);

    // The first and the last item are enough to tell lists apart; a million ids need no full hash.
    public override int GetHashCode() => _items.Length == 0 ? 0 : HashCode.Combine(_items.Length, _items[0], _items[^1]);

    public override string ToString() => $"{_items.Length} items";

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _items.GetEnumerator();
}
