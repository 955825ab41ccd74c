using Waystation.CacheStore;
using Waystation.CacheStore.Lfs;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs.Storing;
using Waystation.FetchCore.Background;
using Waystation.FetchCore.Observing;
using Waystation.FetchCore.Vet;
using Waystation.GitProtocol.Objects;

namespace Waystation.Proxy.Admin.Pages;

/// <summary>The repositories of which the node keeps anything.</summary>
internal sealed class RepositoryList(
    MirrorSet mirrors,
    DiskPackTier packs,
    LfsStore lfs,
    RepositoryTallies tallies,
    MirrorLags lags,
    WorkQueue queue,
    RepositoryHealth health
)
{
    /// <summary>All of them, by name.</summary>
    public IReadOnlyList<RepositoryStatus> All()
    {
        IReadOnlyDictionary<RepositoryName, long> objects = lfs.Repositories();
        IReadOnlyDictionary<RepositoryName, (int Count, long Bytes)> kept = packs.Repositories();
        ILookup<RepositoryName, WorkEntry> failing = queue
            .Entries()
            .Where(static entry => entry.Failures > 0)
            .ToLookup(static entry => entry.Repository);
        return
        [
            .. mirrors
                .All()
                .Select(static mirror => mirror.Name)
                .Union(objects.Keys)
                .Union(kept.Keys)
                .OrderBy(static name => name.ToString(), StringComparer.Ordinal)
                .Select(name =>
                    StatusOf(
                        name,
                        kept.GetValueOrDefault(name),
                        objects.GetValueOrDefault(name),
                        failing[name].MaxBy(static entry => entry.Failures)
                    )
                ),
        ];
    }

    private RepositoryStatus StatusOf(RepositoryName name, (int Count, long Bytes) kept, long lfsBytes, WorkEntry? failing)
    {
        Mirror? mirror = mirrors.Peek(name);
        RepositoryTally tally = tallies.Of(name);
        (string word, string? trouble) = health.Of(name, failing);
        return new RepositoryStatus(
            name.ToString(),
            mirror?.ObjectFormat.Name,
            mirror?.Bytes ?? 0,
            mirror?.RefCount ?? 0,
            mirror?.HoldsOrphans ?? false,
            mirror?.LastUsed,
            lfsBytes,
            kept.Count,
            kept.Bytes,
            mirror is null ? null : lags.SyncedAt(name),
            mirror is null ? null : lags.LagOf(name)?.TotalSeconds,
            tally == RepositoryTally.Nothing ? null : tally,
            word,
            trouble
        );
    }
}
