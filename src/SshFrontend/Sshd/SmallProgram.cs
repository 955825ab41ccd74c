using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Waystation.CacheStore.Processes;

namespace Waystation.SshFrontend.Sshd;

/// <summary>The output and the exit code of a small program.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ProgramResult(int ExitCode, string Output, string Error);

/// <summary>Runs programs that answer at once: <c>getent</c>, <c>ssh-keygen</c>, <c>sshd -t</c>.</summary>
internal static class SmallProgram
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    /// <summary>Runs it to its end.</summary>
    /// <exception cref="SshSetupException">It cannot be started, or does not end.</exception>
    public static async Task<ProgramResult> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(s_timeout);
        try
        {
            using Process process = Process.Start(start) ?? throw new SshSetupException($"{program} cannot be started");
            process.StandardInput.Close();
            try
            {
                Task<string> output = process.StandardOutput.ReadToEndAsync(timeout.Token);
                Task<string> error = process.StandardError.ReadToEndAsync(timeout.Token);
                await process.WaitForExitAsync(timeout.Token);
                return new ProgramResult(process.ExitCode, await output, await error);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                ChildProcess.KillTree(process);
                throw new SshSetupException($"{program} did not end within {s_timeout.TotalSeconds} s");
            }
        }
        catch (Win32Exception e)
        {
            throw new SshSetupException($"{program} cannot be started: {e.Message}", e);
        }
    }
}
