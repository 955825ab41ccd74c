using System.Diagnostics;
using System.Text;

namespace Waystation.TestKit.Servers;

/// <summary>A program with its arguments and its whole environment: it inherits nothing.</summary>
public sealed record Command(string Program, params IReadOnlyList<string> Arguments)
{
    private static readonly string[] s_alwaysPassed = ["PATH", TempFolder.RootVariable, "TMPDIR"];

    public string WorkingDirectory { get; init; } = TempFolder.Root;

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Writes the program's input; null gives it an empty input.</summary>
    public Func<Stream, Task>? Input { get; init; }

    /// <summary>After this the program and all that it started are killed, and the test fails.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Starts the program; the caller ends it.</summary>
    public Process Start()
    {
        var start = new ProcessStartInfo(Program, Arguments)
        {
            WorkingDirectory = WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        var passed = s_alwaysPassed
            .Select(name => (Name: name, Value: System.Environment.GetEnvironmentVariable(name)))
            .Where(variable => variable.Value is not null)
            .ToList();
        start.Environment.Clear();
        foreach ((string name, string? value) in passed)
        {
            start.Environment[name] = value;
        }

        foreach ((string name, string value) in Environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{Program} did not start");
    }

    /// <summary>Runs the program to its end.</summary>
    public async Task<CommandResult> RunAsync()
    {
        using Process process = Start();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            await WriteInputAsync(process);
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException late)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException(
                $"{this} did not end within {Timeout.TotalSeconds} s; it said:\n{await error}\n{await output}",
                late
            );
        }

        return new CommandResult(ToString(), process.ExitCode, await output, await error);
    }

    /// <summary>Runs the program; any exit code but 0 fails the test with the program's output.</summary>
    public async Task<CommandResult> MustRunAsync() => (await RunAsync()).MustSucceed();

    public override string ToString() => $"{Path.GetFileName(Program)} {string.Join(' ', Arguments)}";

    private async Task WriteInputAsync(Process process)
    {
        try
        {
            if (Input is not null)
            {
                await Input(process.StandardInput.BaseStream);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended without reading all: its exit code says why.
        }
    }
}
