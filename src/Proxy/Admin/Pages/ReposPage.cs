using Waystation.CacheStore;
using Waystation.CacheStore.Lfs;
using Waystation.CacheStore.Mirrors;
using Waystation.GitProtocol.Objects;

namespace Waystation.Proxy.Admin.Pages;

/// <summary><c>GET /api/v1/repos</c>.</summary>
internal static class ReposPage
{
    public const string Path = "/repos";

    public static void Map(AdminApi api) => api.Pages.MapGet(Path, Show);

    private static IEnumerable<RepositoryStatus> Show(MirrorSet mirrors, LfsStore lfs)
    {
        IReadOnlyDictionary<RepositoryName, long> objects = lfs.Repositories();
        return mirrors
            .All()
            .Select(static mirror => mirror.Name)
            .Union(objects.Keys)
            .OrderBy(static name => name.ToString(), StringComparer.Ordinal)
            .Select(name => StatusOf(name, mirrors.Find(name), objects.GetValueOrDefault(name)));
    }

    private static RepositoryStatus StatusOf(RepositoryName name, Mirror? mirror, long lfsBytes) =>
        new(
            name.ToString(),
            mirror?.ObjectFormat.Name,
            mirror?.Bytes ?? 0,
            mirror?.Refs.Tips.Count ?? 0,
            mirror?.HoldsOrphans ?? false,
            mirror?.LastUsed,
            lfsBytes
        );
}

/// <summary>The mirror and the Git LFS objects of one repository.</summary>
/// <param name="Repo"><c>host/path</c>.</param>
/// <param name="ObjectFormat"><c>sha1</c> or <c>sha256</c>; null without a mirror.</param>
/// <param name="MirrorBytes">Bytes of the mirror's packs.</param>
/// <param name="Refs">Refs of the mirror.</param>
/// <param name="HoldsOrphans">Whether it may have objects that no ref leads to.</param>
/// <param name="LastUsed">The time of the last response that was made from it; null without a mirror.</param>
/// <param name="LfsBytes">Bytes of the Git LFS objects that it refers to. Shared objects count for each repository.</param>
internal sealed record RepositoryStatus(
    string Repo,
    string? ObjectFormat,
    long MirrorBytes,
    int Refs,
    bool HoldsOrphans,
    DateTime? LastUsed,
    long LfsBytes
);
