using System.ComponentModel.DataAnnotations;
using Waystation.CacheStore.Options;

namespace Waystation.CacheStore.Mirrors;

/// <summary>The section <c>Mirrors</c>: how mirrors are kept and how much they may cost.</summary>
public sealed class MirrorOptions
{
    private const string Page = "operations.md#mirrors";

    /// <summary>Bytes that all mirrors together may take; 0 keeps none.</summary>
    [Setting("Space for all mirrors together. 0 keeps no mirrors.", Page = Page)]
    public long MaxSize { get; init; } = 256L << 30;

    /// <summary>Bytes that copies of pushes in progress may take together; 0 copies none.</summary>
    [Setting("Space for the copies of pushes that are under way. 0 copies no push.", Page = "operations.md#warming")]
    public long MaxPushes { get; init; } = 4L << 30;

    /// <summary>
    /// The time that a request may wait for a sync and for its turn. A look-up in a mirror waits no longer for its turn either.
    /// </summary>
    [Setting(
        "The longest time that an answer waits for its mirror and for its turn. After it the primary makes the answer, "
            + "or the client is told to try again.",
        Page = Page
    )]
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan SyncWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long objects that no ref leads to any more live on, for clients that were shown them just before.</summary>
    [Setting("The time that objects stay on the disk after the last ref to them is gone.", Page = "operations.md#a-secret-was-pushed")]
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan OrphanGrace { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Packs made here at the same time, over all repositories.</summary>
    [Setting("Packs that the node makes at once.", Default = "one for each core", Page = Page)]
    [Range(1, 1_024)]
    public int MaxPacks { get; init; } = Environment.ProcessorCount;

    /// <summary>Packs that the node makes at the same time for one repository.</summary>
    [Setting("Packs that the node makes at once for one repository.", Default = "half of the cores", Page = Page)]
    [Range(1, 1_024)]
    public int MaxPacksPerRepository { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>
    /// Look-ups in mirrors at the same time, beside the packs. Each starts a git process, which finds out which objects a client may have.
    /// Two for each core, because they read more than they compute.
    /// </summary>
    [Setting(
        "Look-ups in mirrors at once. A look-up is a git process that finds out whether a client may have an object.",
        Default = "two for each core",
        Page = Page
    )]
    [Range(1, 1_024)]
    public int MaxLookups { get; init; } = 2 * Environment.ProcessorCount;

    /// <summary>Requests that may wait for their turn; clients of further ones are told to try again.</summary>
    [Setting("Answers that may wait for their turn at once. Further clients are told to try again (429).", Page = Page)]
    [Range(0, 1_000_000)]
    public int MaxWaiting { get; init; } = 1_000;

    /// <summary>Threads that all packs made here compress with, together; each pack has at least one.</summary>
    public int PackThreads { get; init; } = Environment.ProcessorCount;
}
