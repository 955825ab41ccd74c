using System.ComponentModel;
using System.Diagnostics;
using Waystation.CacheStore.Processes;

namespace Waystation.Proxy.Doctor.Looks;

/// <summary>The output of a program that answers at once.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
internal sealed record ProgramLook(int ExitCode, string Output, string Error)
{
    /// <summary>Runs a program; null if it is not there.</summary>
    public static async Task<ProgramLook?> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = ChildProcess.Prepare(program, arguments);
        start.Environment["LC_ALL"] = "C";
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            try
            {
                Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
                Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
                await process.WaitForExitAsync(cancellationToken);
                return new ProgramLook(process.ExitCode, await output, await error);
            }
            finally
            {
                ChildProcess.KillTree(process);
            }
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
