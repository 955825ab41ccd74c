using System.ComponentModel;
using System.Diagnostics;

namespace Waystation.CacheStore.Processes;

/// <summary>Ends the programs that the node has started.</summary>
public static class ChildProcess
{
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
