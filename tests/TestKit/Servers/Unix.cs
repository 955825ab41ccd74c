using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Waystation.TestKit.Servers;

/// <summary>Calls of the system that .NET has not.</summary>
public static class Unix
{
    private const int SIGKILL = 9,
        SIGTERM = 15,
        SIGCONT = 18,
        SIGSTOP = 19,
        NoSuchProcess = 3;

    /// <summary>Asks one process to end.</summary>
    public static void Terminate(int process) => Send(process, SIGTERM);

    /// <summary>Kills one process.</summary>
    public static void Kill(int process) => Send(process, SIGKILL);

    /// <summary>Kills a process group at one stroke, so that none of it can start another.</summary>
    public static void KillGroup(int leader) => Send(-leader, SIGKILL);

    /// <summary>Holds a process where it is, until the result is disposed.</summary>
    public static IDisposable Pause(int process)
    {
        Send(process, SIGSTOP);
        return new Paused(process);
    }

    /// <summary>Renames a file, a folder or a link, in the place of another one.</summary>
    public static void Rename(string from, string to)
    {
        if (rename(from, to) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    private static void Send(int process, int signal)
    {
        if (kill(process, signal) != 0 && Marshal.GetLastPInvokeError() is var error and not NoSuchProcess)
        {
            throw new Win32Exception(error);
        }
    }

    private sealed class Paused(int process) : IDisposable
    {
        public void Dispose() => Send(process, SIGCONT);
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int process, int signal);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int rename([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);
}
