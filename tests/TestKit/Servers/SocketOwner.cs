using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Waystation.TestKit.Servers;

/// <summary>Finds the process at the other end of a connection on loopback, by <c>/proc</c>.</summary>
internal static class SocketOwner
{
    private const int Local = 1,
        Remote = 2,
        Inode = 9;

    /// <summary>Null if it has gone, or is not of this user.</summary>
    public static int? Of(Socket accepted)
    {
        int theirs = ((IPEndPoint)accepted.RemoteEndPoint!).Port,
            ours = ((IPEndPoint)accepted.LocalEndPoint!).Port;
        // A socket for both families has its IPv4 connections in the second table.
        string? inode = InodeOf("/proc/net/tcp", theirs, ours) ?? InodeOf("/proc/net/tcp6", theirs, ours);
        return inode is null ? null : ProcessOf($"socket:[{inode}]");
    }

    private static string? InodeOf(string table, int local, int remote) =>
        File.ReadLines(table)
            .Skip(1)
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .FirstOrDefault(fields => PortOf(fields[Local]) == local && PortOf(fields[Remote]) == remote)
            ?[Inode];

    private static int PortOf(string address) => int.Parse(address.Split(':')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static int? ProcessOf(string link)
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int process))
            {
                continue;
            }

            try
            {
                if (Directory.EnumerateFiles(Path.Combine(folder, "fd")).Any(file => new FileInfo(file).LinkTarget == link))
                {
                    return process;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended, or belongs to another user.
            }
        }

        return null;
    }
}
