namespace Waystation.CacheStore.Disk;

/// <summary>
/// The ages of the things of a node, and the clock of their uses. The things of strangers have an age of their own. Otherwise a crawler,
/// whose things come and go, would make all others grow old.
/// </summary>
internal sealed class Worths(TimeProvider time)
{
    /// <summary>
    /// The time after which strangers may displace a thing that no client has used. It is longer than a weekend, and bounds how long a
    /// store is full of things that nobody wants.
    /// </summary>
    public static readonly TimeSpan Unused = TimeSpan.FromDays(7);

    /// <summary>The age of the things of known clients.</summary>
    public WorthAge Age { get; } = new();

    /// <summary>The age of the things of strangers.</summary>
    public WorthAge AgeOfStrangers { get; } = new();

    /// <summary>The clock of uses.</summary>
    public TimeProvider Time => time;

    /// <summary>The age of things of one kind.</summary>
    public WorthAge Of(bool isOfStrangers) => isOfStrangers ? AgeOfStrangers : Age;
}
