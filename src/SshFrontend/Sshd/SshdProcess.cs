using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Waystation.CacheStore.Processes;

namespace Waystation.SshFrontend.Sshd;

/// <summary>
/// One run of sshd, from its start to its end. sshd dies with the node: the kernel sends it SIGTERM when the thread that started it ends.
/// So that thread only waits for sshd.
/// </summary>
internal sealed class SshdProcess
{
    private const int LinesKept = 20;

    private readonly string _program;
    private readonly string _configuration;
    private readonly ILogger _logger;
    private readonly Queue<string> _words = new();
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process? _process;

    private SshdProcess(string program, string configuration, ILogger logger) =>
        (_program, _configuration, _logger) = (program, configuration, logger);

    /// <summary>The exit code, when it has ended; never faulted.</summary>
    public Task<int> Exit => _exit.Task;

    /// <summary>The end of its output.</summary>
    public string Words
    {
        get
        {
            lock (_words)
            {
                return string.Join("; ", _words);
            }
        }
    }

    /// <summary>Starts it and waits until it listens.</summary>
    /// <exception cref="SshSetupException">It ended instead; the message is its output.</exception>
    public static async Task<SshdProcess> StartAsync(
        string program,
        string configuration,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        var sshd = new SshdProcess(program, configuration, logger);
        new Thread(sshd.Run) { Name = "sshd", IsBackground = true }.Start();
        try
        {
            await Task.WhenAny(sshd._listening.Task, sshd.Exit).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await sshd.KillAsync();
            throw;
        }

        return sshd._listening.Task.IsCompletedSuccessfully ? sshd : throw new SshSetupException($"sshd does not start: {sshd.Words}");
    }

    /// <summary>Waits until no connection is open, for so long at most.</summary>
    public async Task DrainAsync(TimeSpan atMost)
    {
        long begun = Stopwatch.GetTimestamp();
        while (!Exit.IsCompleted && HasConnections() && Stopwatch.GetElapsedTime(begun) < atMost)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    /// <summary>Ends it with every connection that it serves, and waits for that.</summary>
    public async Task KillAsync()
    {
        if (_process is not null)
        {
            ChildProcess.KillTree(_process);
        }

        await Exit;
    }

    /// <summary>Whether sshd has connections; it has a process for each (proc(5), children). False if the system does not tell.</summary>
    private bool HasConnections()
    {
        try
        {
            return File.ReadAllText($"/proc/{_process?.Id}/task/{_process?.Id}/children").Length > 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return false;
        }
    }

    private void Run()
    {
        try
        {
            using Process process = Process.Start(StartOf()) ?? throw new InvalidOperationException("sshd was not started");
            _process = process;
            process.StandardInput.Close();
            process.OutputDataReceived += static (_, _) => { };
            process.ErrorDataReceived += (_, line) => Note(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            // Not the overload without a time: sessions that outlive sshd hold its standard error open.
            while (!process.WaitForExit(int.MaxValue)) { }

            _exit.SetResult(process.ExitCode);
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            Note(e.Message);
            _exit.SetResult(-1);
        }
    }

    private ProcessStartInfo StartOf()
    {
        const string SetPrivileges = "/usr/bin/setpriv";
        string[] sshd = [_program, "-D", "-e", "-f", _configuration];
        ProcessStartInfo start = File.Exists(SetPrivileges)
            ? new ProcessStartInfo(SetPrivileges, ["--pdeathsig", "TERM", "--", .. sshd])
            : new ProcessStartInfo(sshd[0], sshd[1..]);
        start.UseShellExecute = false;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.WorkingDirectory = "/";
        return start;
    }

    private void Note(string? line)
    {
        if (string.IsNullOrEmpty(line))
        {
            return;
        }

        lock (_words)
        {
            _words.Enqueue(line);
            if (_words.Count > LinesKept)
            {
                _words.Dequeue();
            }
        }

        if (line.StartsWith("Server listening on ", StringComparison.Ordinal))
        {
            _listening.TrySetResult();
        }

        if (line.StartsWith("error:", StringComparison.Ordinal) || line.StartsWith("fatal:", StringComparison.Ordinal))
        {
            _logger.SshdComplained(line);
        }
        else
        {
            _logger.SshdSaid(line);
        }
    }
}
