using System.CommandLine;
using Waystation.Proxy.Admin;
using Waystation.Proxy.Admin.Pages;

namespace Waystation.Proxy.Commands;

/// <summary>
/// The verbs that ask a running node, in the order of the help. Each has a command in this folder and a page in <c>Admin/Pages</c>.
/// </summary>
internal static class NodeVerbs
{
    private static readonly (Func<Command> Command, Action<AdminApi> Page)[] s_all =
    [
        (StatusCommand.Create, StatusPage.Map),
        (ReposCommand.Create, ReposPage.Map),
        (FetchesCommand.Create, FetchesPage.Map),
        (TailCommand.Create, LivePage.Map),
        (QueueCommand.Create, QueuePage.Map),
        (VetCommand.Create, VetPage.Map),
        (WarmCommand.Create, WarmPage.Map),
        (SyncCommand.Create, SyncPage.Map),
        (ExplainCommand.Create, ExplainPage.Map),
        (PurgeCommand.Create, PurgePage.Map),
        (RemoveCommand.Create, RemovePage.Map),
        (NodesCommand.Create, NodesPage.Map),
        (DoctorCommand.Create, DoctorPage.Map),
    ];

    /// <summary>The commands, for the command line.</summary>
    public static IEnumerable<Command> Commands() => s_all.Select(static verb => verb.Command());

    /// <summary>Maps the pages, for a node.</summary>
    public static void MapPages(AdminApi api) => Array.ForEach(s_all, verb => verb.Page(api));
}
