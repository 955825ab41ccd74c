using System.Globalization;
using Waystation.CacheStore.Disk;
using Waystation.Proxy.Doctor.Looks;
using Waystation.Proxy.Doctor.Reporting;

namespace Waystation.Proxy.Doctor.Checks;

/// <summary>The data folder is the node's alone, and of a layout that this version knows.</summary>
/// <param name="folder">The data folder.</param>
/// <param name="isRoot">Whether this account may enter every folder, so that the folder may be of the node's account.</param>
internal sealed class DataFolderCheck(string folder, bool isRoot) : Check("data", folder)
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherWrite
        | UnixFileMode.OtherExecute;

    public override async Task ExamineAsync(FindingList findings, CancellationToken cancellationToken)
    {
        if (File.Exists(Subject))
        {
            findings.Fail("is a file", "name a folder in Data (--data)");
            return;
        }

        if (!Directory.Exists(Subject))
        {
            findings.Skip("is not there yet; the first start makes it");
            return;
        }

        UnixFileMode mode = File.GetUnixFileMode(Subject);
        if ((mode & Others) != UnixFileMode.None)
        {
            findings.Fail(
                $"has mode 0{Convert.ToString((int)mode, 8)}: other accounts may enter it",
                $"chmod 700 {Subject}; the node does not start otherwise"
            );
        }

        string owner = await AskAsync("stat", ["-c", "%u %U", Subject], cancellationToken);
        string own = await AskAsync("id", ["-u"], cancellationToken);
        if (!isRoot && owner.Split(' ') is [var id, var name] && id != own)
        {
            findings.Fail(
                $"belongs to {name}, but this is another account",
                $"run the doctor as {name}; if the node runs as this account: chown -R {own} {Subject}"
            );
            return;
        }

        if (await LayoutAsync(cancellationToken) is > DataFolder.Layout and var layout)
        {
            findings.Fail(
                string.Create(CultureInfo.InvariantCulture, $"has layout {layout}, this version knows layouts up to {DataFolder.Layout}"),
                "run the newer version that wrote it, or give an empty folder"
            );
        }

        if (findings.All.Count == 0)
        {
            findings.Ok($"belongs to {owner.Split(' ')[^1]}, mode 0700");
        }
    }

    private async Task<int?> LayoutAsync(CancellationToken cancellationToken)
    {
        string file = Path.Combine(Subject, "layout");
        return
            File.Exists(file)
            && int.TryParse(
                (await File.ReadAllTextAsync(file, cancellationToken)).Trim(),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out int layout
            )
            ? layout
            : null;
    }

    private static async Task<string> AskAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        (await ProgramLook.RunAsync(program, arguments, cancellationToken))?.Output.Trim() ?? "";
}
