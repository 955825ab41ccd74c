using Waystation.TestKit.Servers;

namespace Waystation.EndToEnd.Tests.Doors.Hostile;

/// <summary>What a node holds of the machine: to know later whether all was given back.</summary>
internal sealed record Footprint(int Descriptors, int Sockets, int Processes, int TemporaryFiles, long Resident)
{
    public static Footprint Of(WaystationNode node)
    {
        string[] links =
        [
            .. Directory
                .EnumerateFiles($"/proc/{node.ProcessId}/fd")
                .Select(static file =>
                {
                    try
                    {
                        return new FileInfo(file).LinkTarget ?? "";
                    }
                    catch (IOException)
                    {
                        return "";
                    }
                }),
        ];
        return new Footprint(
            links.Length,
            links.Count(static link => link.StartsWith("socket:", StringComparison.Ordinal)),
            ProcessTree.Of(node.ProcessId).Count,
            Directory.EnumerateFileSystemEntries(Path.Combine(node.DataFolder, "tmp"), "*", SearchOption.AllDirectories).Count(),
            node.ResidentBytes
        );
    }

    /// <summary>Whether this is no more than before, but for what a node keeps of repositories that it has got to know.</summary>
    /// <param name="before">Before the attack.</param>
    /// <param name="repositories">Repositories that were asked for since: a mirror keeps some files open.</param>
    public bool IsBackTo(Footprint before, int repositories) =>
        Sockets <= before.Sockets + 10
        && Descriptors <= before.Descriptors + 20 + (10 * repositories)
        && Processes <= before.Processes + 1
        && TemporaryFiles <= before.TemporaryFiles + 1;

    public override string ToString() =>
        $"{Descriptors} descriptors, {Sockets} of them sockets; {Processes} processes; "
        + $"{TemporaryFiles} temporary files; {Resident >> 20} MiB";
}
