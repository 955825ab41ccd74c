namespace Waystation.CacheStore.Disk;

/// <summary>A store whose things can be evicted, one after the other, the least worth first.</summary>
internal interface ISpaceHolder
{
    /// <summary>Bytes that its things take.</summary>
    long Bytes { get; }

    /// <summary>Bytes of these that strangers brought in.</summary>
    long BytesOfStrangers { get; }

    /// <summary>Bytes that they may take.</summary>
    long MaxBytes { get; }

    /// <summary>The worth of the thing that would go first; null if none may go.</summary>
    /// <param name="among">The things that may go.</param>
    /// <param name="spared">A repository that grows: its mirror stays.</param>
    double? LeastWorth(Evictable among, RepositoryName? spared);

    /// <summary>Evicts the thing that goes first, and raises the age. Does nothing if none may go.</summary>
    void TryEvict(Evictable among, RepositoryName? spared);
}
