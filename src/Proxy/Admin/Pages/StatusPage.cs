using System.Reflection;
using Waystation.CacheStore.Lfs;
using Waystation.CacheStore.Mirrors;
using Waystation.CacheStore.Packs.Storing;

namespace Waystation.Proxy.Admin.Pages;

/// <summary><c>GET /api/v1/status</c>.</summary>
internal static class StatusPage
{
    public const string Path = "/status";

    /// <summary>The version of the program.</summary>
    public static string Version { get; } =
        typeof(StatusPage).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    public static void Map(AdminApi api) => api.Pages.MapGet(Path, Show).WithSummary("The node at a glance.");

    private static NodeStatus Show(NodeStart start, MirrorSet mirrors, DiskPackTier packs, LfsStore lfs) =>
        new(
            Version,
            start.At,
            mirrors.All().Count,
            mirrors.All().Sum(static mirror => mirror.Bytes),
            packs.Count,
            packs.Bytes,
            lfs.Count,
            lfs.Bytes
        );
}

/// <summary>A node at a glance.</summary>
/// <param name="Version">The program's version.</param>
/// <param name="Started">The time of its start.</param>
/// <param name="Mirrors">Mirrors that it keeps.</param>
/// <param name="MirrorBytes">Their bytes.</param>
/// <param name="Packs">Cached packs that it keeps.</param>
/// <param name="PackBytes">Their bytes.</param>
/// <param name="LfsObjects">Git LFS objects that it keeps.</param>
/// <param name="LfsBytes">Their bytes.</param>
internal sealed record NodeStatus(
    string Version,
    DateTimeOffset Started,
    int Mirrors,
    long MirrorBytes,
    int Packs,
    long PackBytes,
    int LfsObjects,
    long LfsBytes
);
