using System.CommandLine;
using System.Globalization;
using Waystation.Proxy.Admin.Pages;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation queue</c>.</summary>
internal static class QueueCommand
{
    public static Command Create() =>
        NodeCommand.Show<WorkStatus[]>(
            "queue",
            "Lists the background work that waits or runs, or that failed and is tried again.",
            QueuePage.Path,
            static all => string.Join('\n', all.Select(Format))
        );

    private static string Format(WorkStatus work)
    {
        string when = work.Running ? "running" : string.Create(CultureInfo.InvariantCulture, $"due {work.Due:u}");
        string trouble =
            work.Failures > 0 ? string.Create(CultureInfo.InvariantCulture, $"  failed {work.Failures} times: {work.LastError}") : "";
        return $"{work.Kind, -7}{work.Repo}  {when}{trouble}";
    }
}
