using System.Diagnostics;
using Waystation.CacheStore.Processes;
using Waystation.Primaries.Ssh.Agents;
using Waystation.Primaries.Ssh.Keys;
using Waystation.Primaries.Ssh.UploadPack;

namespace Waystation.Primaries.Ssh;

/// <summary>
/// One command that runs at the primary, as raw streams. Disposal kills the ssh program if it has not ended, always reaps it, and removes
/// its files; so does cancellation.
/// </summary>
public sealed class SshChannel : IAsyncDisposable
{
    /// <summary>The exit code that .NET reports for an end by SIGKILL.</summary>
    private const int KilledCode = 128 + 9;

    private readonly Process _process;
    private readonly SshTarget _target;
    private readonly AgentRelay? _agent;
    private readonly string _folder;
    private readonly string _log;
    private readonly ILogger _logger;
    private readonly CancellationTokenRegistration _kill;
    private volatile bool _killed;
    private int _disposed;

    internal SshChannel(
        Process process,
        SshTarget target,
        AgentRelay? agent,
        string folder,
        string log,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        _process = process;
        _target = target;
        _agent = agent;
        _folder = folder;
        _log = log;
        _logger = logger;
        Exit = EndAsync();
        _kill = cancellationToken.Register(Kill);
    }

    /// <summary>The command's standard input; disposing it marks the end of the input.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>The command's standard output.</summary>
    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>
    /// The command's standard error, with the primary's messages only. It must be read, or a command that writes much stops.
    /// </summary>
    public Stream Error => _process.StandardError.BaseStream;

    /// <summary>How it ended; never faulted. The streams may still hold bytes when it completes.</summary>
    public Task<SshExit> Exit { get; }

    /// <summary>
    /// The agent's key that the primary accepted. True only once the login has succeeded: after a byte of <see cref="Output"/> or
    /// <see cref="Error"/>, or an exit with <see cref="SshOutcome.Ended"/>. Null when it is not known, or came from no agent.
    /// </summary>
    public SshPublicKey? AcceptedKey => _agent?.Signed;

    /// <summary>Ends the ssh program now.</summary>
    public void Kill() => ChildProcess.KillTree(_process, () => _killed = true);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _kill.DisposeAsync();
        Kill();
        await Exit;
        if (_agent is not null)
        {
            await _agent.DisposeAsync();
        }

        _process.Dispose();
        DeleteFolder(_folder);
    }

    internal static void DeleteFolder(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next start's sweep finds it.
        }
    }

    private async Task<SshExit> EndAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None);
        if (_killed && _process.ExitCode == KilledCode)
        {
            return new SshExit(SshOutcome.Lost, SshLog.OwnCode, $"the node ended the SSH connection to {_target.Host}", "");
        }

        SshExit exit = SshLog.Explain(_target, _process.ExitCode, await SshLog.ReadAsync(_log));
        if (exit.Outcome != SshOutcome.Ended)
        {
            _logger.ChannelFailed(_target.Host, exit.Outcome, exit.Log);
        }

        return exit;
    }
}
