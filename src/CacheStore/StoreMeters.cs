using System.Diagnostics.Metrics;

namespace Waystation.CacheStore;

/// <summary>What the store counts. Names are the program's contract; each ends as it is shown to Prometheus.</summary>
public sealed class StoreMeters
{
    private readonly Meter _meter;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _evictedBytes;
    private readonly Counter<long> _quarantined;
    private readonly Counter<long> _mirrorsEvictedBytes;
    private readonly Counter<long> _mirrorsQuarantined;
    private readonly Counter<long> _lfsFailures;
    private readonly Counter<long> _lfsEvictedBytes;
    private readonly Counter<long> _lfsQuarantined;
    private readonly Counter<long> _lfsRejected;
    private readonly Counter<long> _strangersDeclined;
    private readonly Counter<long> _mirrorsDeclined;

    /// <summary>Makes the instruments on <paramref name="meter"/>.</summary>
    public StoreMeters(Meter meter)
    {
        ArgumentNullException.ThrowIfNull(meter);
        _meter = meter;
        _failures = meter.CreateCounter<long>(
            "waystation_pack_cache_failures_total",
            description: "Failures of the disk, after which a fetch went on without the cache, by `reason`."
        );
        _evictedBytes = meter.CreateCounter<long>(
            "waystation_pack_cache_evicted_bytes_total",
            description: "Bytes of cached packs evicted to make room."
        );
        _quarantined = meter.CreateCounter<long>(
            "waystation_pack_cache_quarantined_total",
            description: "Cached packs found damaged and quarantined."
        );
        _mirrorsEvictedBytes = meter.CreateCounter<long>(
            "waystation_mirrors_evicted_bytes_total",
            description: "Bytes of mirrors evicted to make room."
        );
        _mirrorsQuarantined = meter.CreateCounter<long>(
            "waystation_mirrors_quarantined_total",
            description: "Mirrors found damaged and given up. The next clone makes them anew."
        );
        _lfsFailures = meter.CreateCounter<long>(
            "waystation_lfs_store_failures_total",
            description: "Failures of the disk, after which a Git LFS object was passed on and not kept, by `reason`."
        );
        _lfsEvictedBytes = meter.CreateCounter<long>(
            "waystation_lfs_evicted_bytes_total",
            description: "Bytes of Git LFS objects evicted to make room."
        );
        _lfsQuarantined = meter.CreateCounter<long>(
            "waystation_lfs_quarantined_total",
            description: "Stored Git LFS objects found damaged and quarantined."
        );
        _lfsRejected = meter.CreateCounter<long>(
            "waystation_lfs_rejected_total",
            description: "Git LFS objects that came with wrong bytes or a wrong length, and were not stored."
        );
        _strangersDeclined = meter.CreateCounter<long>(
            "waystation_strangers_declined_total",
            description: "Things of strangers that were passed on and not kept, because known clients need the room, or by "
                + "`Strangers:MaxShare`, by `kind`: `pack`, `mirror`, `lfs`."
        );
        _mirrorsDeclined = meter.CreateCounter<long>(
            "waystation_mirrors_declined_total",
            description: "Fetches that began no mirror, `by` the bound: `strangers`, or that `credential`, had begun too many within an "
                + "hour."
        );
        foreach (string kind in (string[])["pack", "mirror", "lfs"])
        {
            _strangersDeclined.Add(0, new KeyValuePair<string, object?>("kind", kind));
        }

        _failures.Add(0, new KeyValuePair<string, object?>("reason", "no room"));
        _evictedBytes.Add(0);
        _quarantined.Add(0);
        _mirrorsEvictedBytes.Add(0);
        _mirrorsQuarantined.Add(0);
        _lfsFailures.Add(0, new KeyValuePair<string, object?>("reason", "no room"));
        _lfsEvictedBytes.Add(0);
        _lfsQuarantined.Add(0);
        _lfsRejected.Add(0);
    }

    /// <summary>The disk refused.</summary>
    public void CacheFailure(string reason) => _failures.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Something of a stranger was passed on and not kept, or a mirror not begun.</summary>
    public void StrangersDeclined(string kind) => _strangersDeclined.Add(1, new KeyValuePair<string, object?>("kind", kind));

    /// <summary>A fetch began no mirror, because its credential, or all strangers together, had begun too many.</summary>
    public void MirrorDeclined(bool isStranger) =>
        _mirrorsDeclined.Add(1, new KeyValuePair<string, object?>("by", isStranger ? "strangers" : "credential"));

    /// <summary>A pack was evicted.</summary>
    public void Evicted(long bytes) => _evictedBytes.Add(bytes);

    /// <summary>A pack was found damaged.</summary>
    public void Quarantined() => _quarantined.Add(1);

    /// <summary>A mirror was evicted.</summary>
    public void MirrorEvicted(long bytes) => _mirrorsEvictedBytes.Add(bytes);

    /// <summary>The disk refused an LFS object.</summary>
    public void LfsFailure(string reason) => _lfsFailures.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>An LFS object was evicted.</summary>
    public void LfsEvicted(long bytes) => _lfsEvictedBytes.Add(bytes);

    /// <summary>A stored LFS object was found damaged.</summary>
    public void LfsQuarantined() => _lfsQuarantined.Add(1);

    /// <summary>An LFS object that came was not the one that was asked for.</summary>
    public void LfsRejected() => _lfsRejected.Add(1);

    /// <summary>A mirror was taken out of use.</summary>
    public void MirrorQuarantined() => _mirrorsQuarantined.Add(1);

    /// <summary>Sets the source of the mirrors' size.</summary>
    internal void ObserveMirrors(Func<long> bytes, Func<int> mirrors, Func<long> bytesOfStrangers)
    {
        _meter.CreateObservableGauge(
            "waystation_strangers_mirror_bytes",
            bytesOfStrangers,
            description: "Bytes of the mirrors that strangers began and no known client has used."
        );
        _meter.CreateObservableGauge("waystation_mirror_bytes", bytes, description: "Bytes of the packs of all mirrors.");
        _meter.CreateObservableGauge("waystation_mirrors", mirrors, description: "Mirrors.");
    }

    /// <summary>Sets the source of the size of the LFS objects.</summary>
    internal void ObserveLfs(Func<long> bytes, Func<int> objects, Func<long> bytesOfStrangers)
    {
        _meter.CreateObservableGauge(
            "waystation_strangers_lfs_bytes",
            bytesOfStrangers,
            description: "Bytes of the Git LFS objects that strangers brought in and no known client has used."
        );
        _meter.CreateObservableGauge("waystation_lfs_stored_bytes", bytes, description: "Bytes of all stored Git LFS objects.");
        _meter.CreateObservableGauge("waystation_lfs_stored_objects", objects, description: "Stored Git LFS objects.");
    }

    /// <summary>Sets the source of the number of packs that are being made, and of requests that wait for their turn.</summary>
    internal void ObserveTurns(Func<int> making, Func<int> waiting)
    {
        _meter.CreateObservableGauge("waystation_packs_making", making, description: "Packs that git makes on this node now.");
        _meter.CreateObservableGauge("waystation_packs_waiting", waiting, description: "Requests that wait for git to make their pack.");
    }

    /// <summary>Sets the source of the pack cache's size.</summary>
    internal void Observe(Func<long> bytes, Func<int> entries, Func<long> bytesOfStrangers)
    {
        _meter.CreateObservableGauge(
            "waystation_strangers_pack_bytes",
            bytesOfStrangers,
            description: "Bytes of the cached packs that strangers brought in and no known client has used."
        );
        _meter.CreateObservableGauge("waystation_pack_cache_bytes", bytes, description: "Bytes of all cached packs.");
        _meter.CreateObservableGauge("waystation_pack_cache_entries", entries, description: "Cached packs.");
    }
}
