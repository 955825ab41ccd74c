using System.CommandLine;
using Waystation.Proxy.Admin.Pages;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation sync REPO…</c>.</summary>
internal static class SyncCommand
{
    public static Command Create() =>
        WorkProgress.Command("sync", "Compares mirrors with the primary now, with the node's service credential.", SyncPage.Path);
}
