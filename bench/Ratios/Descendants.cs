using System.Diagnostics;
using System.Globalization;

namespace Waystation.Ratios;

/// <summary>What this program has started. Servers have sessions of their own, so no signal to this one reaches them.</summary>
internal static class Descendants
{
    // The position in /proc/PID/stat after the name, whose parentheses may hold anything.
    private const int Parent = 1;

    /// <summary>Ends all of them, for a run that is broken off.</summary>
    public static void End()
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int process) && ParentOf(folder) == Environment.ProcessId)
            {
                try
                {
                    using var child = Process.GetProcessById(process);
                    child.Kill(entireProcessTree: true);
                }
                catch (Exception e) when (e is ArgumentException or InvalidOperationException)
                {
                    // It has ended by itself.
                }
            }
        }
    }

    private static int? ParentOf(string folder)
    {
        try
        {
            string stat = File.ReadAllText(Path.Combine(folder, "stat"));
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[Parent], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
