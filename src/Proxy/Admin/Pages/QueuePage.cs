using Waystation.FetchCore.Background;
using Waystation.FetchCore.Observing;

namespace Waystation.Proxy.Admin.Pages;

/// <summary><c>GET /api/v1/queue</c>.</summary>
internal static class QueuePage
{
    public const string Path = "/queue";

    public static void Map(AdminApi api) =>
        api.Pages.MapGet(Path, Show).WithSummary("Background work that waits or runs, or that failed and is tried again.");

    private static IEnumerable<WorkStatus> Show(WorkQueue queue) =>
        queue
            .Entries()
            .Select(static entry => new WorkStatus(
                entry.Kind.ToWord(),
                entry.Repository.ToString(),
                entry.Due,
                entry.IsRunning,
                entry.Failures,
                entry.LastError
            ));
}

/// <summary>One piece of background work.</summary>
/// <param name="Kind">The kind of work, in lower case.</param>
/// <param name="Repo"><c>host/path</c>.</param>
/// <param name="Due">The time before which it does not begin.</param>
/// <param name="Running">Whether it runs now.</param>
/// <param name="Failures">Failures in a row.</param>
/// <param name="LastError">The last failure; null if there was none.</param>
internal sealed record WorkStatus(string Kind, string Repo, DateTimeOffset Due, bool Running, int Failures, string? LastError);
