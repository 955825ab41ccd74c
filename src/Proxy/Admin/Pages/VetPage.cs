using Waystation.FetchCore.Vet;

namespace Waystation.Proxy.Admin.Pages;

/// <summary><c>GET /api/v1/vet</c>.</summary>
internal static class VetPage
{
    public const string Path = "/vet";

    public static void Map(AdminApi api) => api.Pages.MapGet(Path, static (VetReport report) => report.Rounds);
}
