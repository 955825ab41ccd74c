using System.CommandLine;
using Waystation.Proxy.Admin.Pages;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation warm REPO…</c>.</summary>
internal static class WarmCommand
{
    public static Command Create() =>
        NodeCommand.Act<QueuedWork>(
            "warm",
            "Makes mirrors before anybody clones, with the node's service credential.",
            WarmPage.Path,
            Format
        );

    /// <summary>The same line for every verb that queues work.</summary>
    public static string Format(QueuedWork work) => $"{work.Repo}: {work.Queued} queued";
}
