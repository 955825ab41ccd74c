using System.CommandLine;
using System.Globalization;
using Waystation.Proxy.Admin.Pages;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation queue</c>.</summary>
internal static class QueueCommand
{
    public static Command Create() =>
        NodeCommand.List<WorkStatus[]>(
            "queue",
            "Lists the background work that waits or runs, or that failed and is tried again.",
            QueuePage.Path,
            static all => new Listing(["work", "repository", "state", "due", "failures", "last failure"], [.. all.Select(Row)])
        );

    private static IReadOnlyList<string> Row(WorkStatus work) =>
        [
            work.Kind,
            work.Repo,
            work.Running ? "running" : "waits",
            work.Due.ToString("u", CultureInfo.InvariantCulture),
            work.Failures.ToString(CultureInfo.InvariantCulture),
            work.LastError ?? Listing.None,
        ];
}
