using System.ComponentModel;
using System.Diagnostics;

namespace Waystation.CacheStore.Processes;

/// <summary>Ends the programs that the node has started.</summary>
public static class ChildProcess
{
    /// <summary>Kills a process with all that it started, where it has not ended by itself.</summary>
    /// <param name="process">The process.</param>
    /// <param name="onKill">Called before it is killed; not where it has ended.</param>
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
            // It ended by itself in this very moment.
        }
    }
}
