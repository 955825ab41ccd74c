using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore.Processes;

namespace Waystation.CacheStore.Git;

/// <summary>
/// One running git. Disposal kills it and every process that it started, if it has not ended, and always reaps it. Its standard error
/// goes to the log; the end of it is kept to explain a failure.
/// </summary>
public sealed class GitProcess : IAsyncDisposable
{
    /// <summary>The number of last characters of its standard error that are kept.</summary>
    private const int MaxErrorLength = 4_096;

    private readonly GitCommand _command;
    private readonly Process _process;
    private readonly ILogger _logger;
    private readonly TextTail _error = new(MaxErrorLength);
    private readonly Task _errors;
    private readonly CancellationTokenRegistration _kill;
    private readonly Activity? _span;

    internal GitProcess(GitCommand command, Process process, ILogger logger, CancellationToken cancellationToken)
    {
        _command = command;
        _process = process;
        _logger = logger;
        _span = Spans.BeginBeside("git")?.SetTag("command", command.ToString());
        _errors = ReadErrorsAsync();
        _kill = cancellationToken.Register(Kill);
    }

    /// <summary>Its standard input; closing it marks the end of the input.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>Its standard output.</summary>
    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>The end of its standard error; whole after <see cref="WaitAsync"/>.</summary>
    public string ErrorText => _error.ToString();

    /// <summary>Writes all of its input and closes it. It is no error here if git has ended or reads no further.</summary>
    public async Task FeedAsync(ReadOnlyMemory<byte> input)
    {
        try
        {
            await Input.WriteAsync(input);
            await Input.DisposeAsync();
        }
        catch (IOException)
        {
            // Its exit code tells whether that was right.
        }
    }

    /// <summary>Waits for the end of the process and of its standard error.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None);
        await _errors;
        return _process.ExitCode;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _kill.DisposeAsync();
        Kill();
        int exitCode = await WaitAsync();
        _span?.SetTag("exit_code", exitCode).Dispose();
        _process.Dispose();
    }

    private void Kill() => ChildProcess.KillTree(_process);

    private async Task ReadErrorsAsync()
    {
        try
        {
            while (await _process.StandardError.ReadLineAsync() is { } line)
            {
                _logger.GitSaid(_command, line);
                _error.Append(line + '\n');
            }
        }
        catch (IOException)
        {
            // The pipe went with the process.
        }
    }
}
