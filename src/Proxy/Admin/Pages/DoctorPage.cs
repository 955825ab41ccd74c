using Waystation.CacheStore.Mirrors;
using Waystation.Primaries.Loops;
using Waystation.Proxy.Hooks;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Admin.Pages;

/// <summary><c>GET /api/v1/doctor</c>: what only a running node can tell the doctor.</summary>
internal static class DoctorPage
{
    public const string Path = "/doctor";

    public static void Map(AdminApi api)
    {
        api.Pages.MapGet(
                Path,
                (MirrorSet mirrors, HookTimes hooks, ClientOptions clients, NodeStart start, TimeProvider time) =>
                    new NodeSelf(
                        StatusPage.Version,
                        NodeMark.Own,
                        start.At,
                        time.GetUtcNow(),
                        OpenFilesLimit.Read(),
                        OpenFiles(),
                        clients.MaxConnections,
                        hooks.All(),
                        [
                            .. mirrors
                                .All()
                                .Select(static mirror => mirror.Name)
                                .DistinctBy(static name => name.Host, StringComparer.Ordinal)
                                .Select(static name => name.ToString()),
                        ]
                    )
            )
            .WithSummary("What only the running node can tell the doctor: its mark, its limits, the last webhooks.");
    }

    private static int OpenFiles()
    {
        try
        {
            return Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}

/// <summary>What a node says of itself to the doctor.</summary>
/// <param name="Version">The version of the program.</param>
/// <param name="Mark">The mark of the node in its own requests, by which a request that comes back is known.</param>
/// <param name="Started">The time of its start.</param>
/// <param name="Now">The time of its clock.</param>
/// <param name="OpenFilesLimit">The files and sockets that it may have open.</param>
/// <param name="OpenFiles">The files and sockets that it has open.</param>
/// <param name="MaxConnections">The client connections that it takes.</param>
/// <param name="Hooks">The last webhook of each forge and result.</param>
/// <param name="Repositories">A repository of each primary, of which it has a mirror.</param>
internal sealed record NodeSelf(
    string Version,
    string Mark,
    DateTimeOffset Started,
    DateTimeOffset Now,
    long OpenFilesLimit,
    int OpenFiles,
    int MaxConnections,
    IReadOnlyList<HookSight> Hooks,
    IReadOnlyList<string> Repositories
);
