using System.Diagnostics;

namespace Waystation.TestKit.Servers;

/// <summary>A server program that runs until its disposal.</summary>
internal sealed class ListeningProcess : IDisposable
{
    private readonly Process _process;

    private ListeningProcess(Process process) => _process = process;

    /// <summary>Starts the program and waits until it accepts connections.</summary>
    /// <param name="name">Its name, for a message.</param>
    /// <param name="command">The program.</param>
    /// <param name="port">A port at which it listens on loopback.</param>
    public static async Task<ListeningProcess> StartAsync(string name, Command command, int port)
    {
        Process process = command.Start();
        var started = new ListeningProcess(process);
        try
        {
            _ = process.StandardOutput.ReadToEndAsync();
            Task<string> said = process.StandardError.ReadToEndAsync();
            await Eventually.TrueAsync(
                $"{name} accepts connections",
                async () =>
                    process.HasExited
                        ? throw new InvalidOperationException($"{name} ended at once: {await said}")
                        : await FreePort.IsServedAsync(port)
            );
            return started;
        }
        catch
        {
            started.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }
}
