namespace Waystation.Farm.Redis;

/// <summary>
/// Values that all nodes of the farm share for a short time, in Redis. Each value is sealed with the farm's secret together with its kind,
/// name and end, so a value that somebody else wrote, moved or prolonged is a miss. Nothing relies on a value being there.
/// </summary>
public interface ISharedValues
{
    /// <summary>Whether Redis can be asked now. If not, <see cref="FindAsync"/> misses at once.</summary>
    bool IsHere { get; }

    /// <summary>The value; null if there is none that can be believed. It never throws and waits for 50 ms at most.</summary>
    /// <param name="kind">The kind of value, a fixed word of the code.</param>
    /// <param name="name">The name of the value within its kind; any bytes.</param>
    /// <param name="cancellationToken">The caller's.</param>
    ValueTask<byte[]?> FindAsync(string kind, ReadOnlyMemory<byte> name, CancellationToken cancellationToken);

    /// <summary>The values of one name in several kinds, by one question; null for each that is not there or cannot be believed.</summary>
    /// <param name="kinds">The kinds.</param>
    /// <param name="name">The name.</param>
    /// <param name="cancellationToken">The caller's.</param>
    ValueTask<IReadOnlyList<byte[]?>> FindAllAsync(
        IReadOnlyList<string> kinds,
        ReadOnlyMemory<byte> name,
        CancellationToken cancellationToken
    );

    /// <summary>Writes a value behind the caller. It is dropped while Redis is away, or if too many wait.</summary>
    void Set(string kind, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value, TimeSpan lifetime);

    /// <summary>Removes a value behind the caller, after the writes before it.</summary>
    void Remove(string kind, ReadOnlyMemory<byte> name);
}
