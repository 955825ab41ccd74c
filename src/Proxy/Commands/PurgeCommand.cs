using System.CommandLine;
using System.Globalization;
using Waystation.FetchCore.Background;
using Waystation.Proxy.Admin.Pages;
using Waystation.Proxy.Options;

namespace Waystation.Proxy.Commands;

/// <summary><c>waystation purge REPO…</c>.</summary>
internal static class PurgeCommand
{
    public static Command Create() =>
        NodeCommand.Act<Purged>(
            "purge",
            "Removes from the disk at once all that a node keeps of a repository: mirror, orphaned objects, cached packs, "
                + "and the Git LFS objects that no other repository refers to.",
            PurgePage.Path,
            Format
        );

    private static string Format(Purged purged)
    {
        string mirror = purged.Mirror ? $"mirror of {ByteSize.Format(purged.MirrorBytes)}" : "no mirror";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{purged.Repo}: {mirror}, {purged.Packs} cached packs of {ByteSize.Format(purged.PackBytes)}, "
                + $"{purged.LfsObjects} LFS objects of {ByteSize.Format(purged.LfsBytes)} removed"
        );
    }
}
