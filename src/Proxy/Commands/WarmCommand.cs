using System.CommandLine;
using Waystation.Proxy.Admin.Pages;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation warm REPO…</c>.</summary>
internal static class WarmCommand
{
    public static Command Create() =>
        WorkProgress.Command("warm", "Makes mirrors before anybody clones, with the node's service credential.", WarmPage.Path);
}
