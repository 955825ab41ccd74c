using System.ComponentModel;
using System.Diagnostics;

namespace Waystation.CacheStore.Processes;

/// <summary>Prepares and ends the programs that the node starts.</summary>
public static class ChildProcess
{
    /// <summary>
    /// The start of a program without a shell: its three streams are pipes, and its environment has only <c>PATH</c>.
    /// </summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    public static ProcessStartInfo Prepare(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        string? path = Environment.GetEnvironmentVariable("PATH");
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        return start;
    }

    /// <summary>Kills a process and every process that it started, if it has not ended.</summary>
    /// <param name="process">The process.</param>
    /// <param name="onKill">Called before the kill, and not if the process has ended.</param>
    public static void KillTree(Process process, Action? onKill = null)
    {
        ArgumentNullException.ThrowIfNull(process);
        try
        {
            if (!process.HasExited)
            {
                onKill?.Invoke();
                process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // The process has just ended.
        }
    }
}
