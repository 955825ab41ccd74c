using Waystation.CacheStore.Mirrors;
using Waystation.GitProtocol.Objects;

namespace Waystation.Proxy.Admin.Pages;

/// <summary><c>GET /api/v1/repos</c>.</summary>
internal static class ReposPage
{
    public const string Path = "/repos";

    public static void Map(AdminApi api) => api.Pages.MapGet(Path, Show);

    private static IEnumerable<RepositoryStatus> Show(MirrorSet mirrors) =>
        mirrors
            .All()
            .OrderBy(static mirror => mirror.Name.ToString(), StringComparer.Ordinal)
            .Select(static mirror => new RepositoryStatus(
                mirror.Name.ToString(),
                mirror.ObjectFormat.Name,
                mirror.Bytes,
                mirror.Refs.Tips.Count,
                mirror.HoldsOrphans,
                mirror.LastUsed
            ));
}

/// <summary>The mirror of one repository.</summary>
/// <param name="Repo"><c>host/path</c>.</param>
/// <param name="ObjectFormat"><c>sha1</c> or <c>sha256</c>.</param>
/// <param name="MirrorBytes">Bytes of the mirror's packs.</param>
/// <param name="Refs">Refs of the mirror.</param>
/// <param name="HoldsOrphans">Whether it may have objects that no ref leads to.</param>
/// <param name="LastUsed">The time of the last response that was made from it.</param>
internal sealed record RepositoryStatus(string Repo, string ObjectFormat, long MirrorBytes, int Refs, bool HoldsOrphans, DateTime LastUsed);
