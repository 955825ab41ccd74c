namespace Waystation.CacheStore.Mirrors;

/// <summary>How mirrors are kept and what they may cost.</summary>
public sealed class MirrorOptions
{
    /// <summary>Bytes that all mirrors together may take; 0 keeps none. Default: 256 GiB.</summary>
    public long MaxSize { get; init; } = 256L << 30;

    /// <summary>Bytes that are left free on the disk, whatever <see cref="MaxSize"/> allows. Default: 1 GiB.</summary>
    public long DiskReserve { get; init; } = 1L << 30;

    /// <summary>How long objects that no ref leads to any more live on, for whoever was shown them just before. Default: a day.</summary>
    public TimeSpan OrphanGrace { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Bytes that copies of pushes under way may take, all together; 0 copies none. Default: 4 GiB.</summary>
    public long MaxPushes { get; init; } = 4L << 30;

    /// <summary>Packs made here at the same time, over all repositories. Default: one a core.</summary>
    public int MaxPacks { get; init; } = Environment.ProcessorCount;

    /// <summary>Packs made here at the same time for one repository. Default: half of the cores.</summary>
    public int MaxPacksPerRepository { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>Threads that all packs made here compress with; each has one at least. Default: one a core.</summary>
    public int PackThreads { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Look-ups in mirrors at the same time, each of them a git of its own, beside the packs: before an answer can be made it is looked up
    /// what its
    /// asker may have. Default: two a core, for they read more than they compute.
    /// </summary>
    public int MaxLookups { get; init; } = 2 * Environment.ProcessorCount;

    /// <summary>How long a look-up may wait for its turn; whoever needs it is told to come again then. Default: 10 s.</summary>
    public TimeSpan LookupWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Requests that may wait for their turn; more are told to come again.</summary>
    public int MaxWaiting { get; init; } = 1_000;
}
