using System.Globalization;

namespace Waystation.Proxy.Doctor.Looks;

/// <summary>Finds the program that listens at a port of this machine, by <c>/proc</c>.</summary>
internal static class PortOwner
{
    private const int Local = 1;
    private const int State = 3;
    private const int Inode = 9;
    private const string Listening = "0A";

    private static readonly string[] s_tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>Name and process id; null if there is none, or if another account's programs cannot be seen.</summary>
    public static string? Of(int port)
    {
        HashSet<string> links =
        [
            .. s_tables
                .Where(File.Exists)
                .SelectMany(static table => File.ReadLines(table).Skip(1))
                .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields.Length > Inode && fields[State] == Listening && PortOf(fields[Local]) == port)
                .Select(static fields => $"socket:[{fields[Inode]}]"),
        ];
        return links.Count == 0
            ? null
            : Directory
                .EnumerateDirectories("/proc")
                .Where(static folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _))
                .Where(folder => Holds(folder, links))
                .Select(static folder => $"{NameOf(folder)} (process {Path.GetFileName(folder)})")
                .FirstOrDefault();
    }

    private static int PortOf(string address) => int.Parse(address.Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static bool Holds(string folder, HashSet<string> links)
    {
        try
        {
            return Directory.EnumerateFiles(Path.Combine(folder, "fd")).Any(file => links.Contains(new FileInfo(file).LinkTarget ?? ""));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or belongs to another account.
            return false;
        }
    }

    private static string NameOf(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "comm")).Trim();
        }
        catch (IOException)
        {
            return "a program";
        }
    }
}
