using Waystation.CacheStore;
using Waystation.CacheStore.Lfs;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs.Storing;

namespace Waystation.Proxy.Work;

/// <summary>The repositories of which this node keeps anything: a mirror, cached packs or Git LFS objects.</summary>
internal sealed class KeptRepositories(MirrorSet mirrors, DiskPackTier packs, LfsStore lfs)
{
    /// <summary>Their names, in no order.</summary>
    public IReadOnlyList<RepositoryName> Names() =>
        [.. mirrors.All().Select(static mirror => mirror.Name).Union(lfs.Repositories().Keys).Union(packs.Repositories().Keys)];
}
