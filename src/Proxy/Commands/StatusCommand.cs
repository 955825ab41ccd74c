using System.CommandLine;
using System.Globalization;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation status</c>.</summary>
internal static class StatusCommand
{
    public static Command Create() => NodeCommand.Show<NodeStatus>("status", "Shows a running node at a glance.", StatusPage.Path, Format);

    private static string Format(NodeStatus status) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            version   {status.Version}
            started   {status.Started:u}
            mirrors   {status.Mirrors}, {ByteSize.Format(status.MirrorBytes)}
            packs     {status.Packs}, {ByteSize.Format(status.PackBytes)}
            lfs       {status.LfsObjects}, {ByteSize.Format(status.LfsBytes)}
            """
        );
}
