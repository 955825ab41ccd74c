using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Waystation.CacheStore.Disk;

/// <summary>
/// Every process that a node starts to work in its data folder has that folder in its environment. After a node was killed, the next one
/// ends the processes that are left before it touches the folder, because two must never write there.
/// </summary>
internal static class StrayProcesses
{
    /// <summary>The variable that bears the data folder's full path.</summary>
    public const string Mark = "WAYSTATION_DATA";

    /// <summary>Ends them, and waits until they have gone. Call it with the folder's lock, before any process is started.</summary>
    public static void End(string root)
    {
        byte[] mark = Encoding.UTF8.GetBytes($"{Mark}={root}\0");
        if (!Directory.Exists("/proc"))
        {
            return;
        }

        foreach (string entry in Directory.EnumerateDirectories("/proc"))
        {
            if (
                int.TryParse(Path.GetFileName(entry), CultureInfo.InvariantCulture, out int id)
                && id != Environment.ProcessId
                && Bears(entry, mark)
            )
            {
                End(id);
            }
        }
    }

    private static bool Bears(string process, byte[] mark)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(process, "environ")).AsSpan().IndexOf(mark) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another account's process, or it has ended.
            return false;
        }
    }

    private static void End(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
            process.WaitForExit(TimeSpan.FromSeconds(5));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It ended by itself.
        }
    }
}
